/* PRELU of int8, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/prelu.h has it. */
#include "broadcast.h"
#include "requantize.h"

static int8_t prelu_of(const kernels_prelu_s8_t *prelu, int32_t input, int32_t alpha) {
    int32_t value = input - prelu->input_zero_point;
    if (value >= 0) {
        value = requantize_scale(value, prelu->positive_multiplier, prelu->positive_shift);
    } else {
        value *= alpha - prelu->alpha_zero_point;
        value = requantize_scale(value, prelu->negative_multiplier, prelu->negative_shift);
    }
    return (int8_t)requantize_clamp(value + prelu->output.zero_point, &prelu->output);
}

void kernels_prelu_s8(const kernels_prelu_s8_t *prelu, const int8_t *first, const int8_t *second, int8_t *output) {
    const kernels_broadcast_t *shape = &prelu->shape;
    (void)second;
    broadcast_place_t at = {0};
    do {
        const int8_t *input = first + at.first;
        const int8_t *alpha = prelu->second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = prelu_of(prelu, *input, *alpha);
            input += shape->first_step;
            alpha += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
