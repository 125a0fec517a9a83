/* LEAKY_RELU, RELU and RELU6 of int16, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/leaky_relu.h and
 * reference_ops.h have them. */
#include "requantize.h"

static int32_t leaky_relu_of(const kernels_leaky_relu_s16_t *relu, int32_t value) {
    if (value >= 0) {
        return requantize_scale(value, relu->positive_multiplier, relu->positive_shift);
    }
    return relu->negative_sign * requantize_scale(value, relu->negative_multiplier, relu->negative_shift);
}

void kernels_leaky_relu_s16(const kernels_leaky_relu_s16_t *relu, const int16_t *input, int16_t *output) {
    for (int32_t count = relu->count; count > 0; count--) {
        int32_t value = leaky_relu_of(relu, *input++);
        value = value < relu->min ? relu->min : value;
        *output++ = (int16_t)(value > relu->max ? relu->max : value);
    }
}
