/* Fully connected layer of int16 activations. */
#include "weights_s16.h"

/* Rounds half away from zero. */
static int32_t round_half_away(double value) {
    int32_t whole = (int32_t)value;
    double rest = value - whole;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

void kernels_fully_connected_s16(const kernels_fully_connected_s16_t *layer, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < layer->rows; row++) {
        const int8_t *weights = layer->weights;
        for (int32_t unit = 0; unit < layer->units; unit++) {
            int64_t sum = weights_multiply(input, 1, weights, 1, layer->depth) + layer->bias[unit];
            int32_t value = round_half_away((double)sum * layer->factors[unit]);
            value = value < layer->min ? layer->min : value;
            *output++ = (int16_t)(value > layer->max ? layer->max : value);
            weights += layer->depth;
        }
        input += layer->depth;
    }
}
