/* PRELU of int16, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/prelu.h has it. */
#include "broadcast.h"
#include "requantize.h"

static int16_t prelu_of(const kernels_prelu_s16_t *prelu, int32_t input, int32_t alpha) {
    int32_t value = input;
    if (value >= 0) {
        value = requantize_scale(value, prelu->positive_multiplier, prelu->positive_shift);
    } else {
        value *= alpha - prelu->alpha_zero_point;
        value = requantize_scale(value, prelu->negative_multiplier, prelu->negative_shift);
    }
    return (int16_t)requantize_clamp(value + prelu->output.zero_point, &prelu->output);
}

void kernels_prelu_s16(const kernels_prelu_s16_t *prelu, const int16_t *first, const int16_t *second, int16_t *output) {
    const kernels_broadcast_t *shape = &prelu->shape;
    (void)second;
    broadcast_place_t at = {0};
    do {
        const int16_t *input = first + at.first;
        const int8_t *alpha = prelu->second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = prelu_of(prelu, *input, *alpha);
            input += shape->first_step;
            alpha += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
