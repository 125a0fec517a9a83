/* The sum of two quantised values as the TensorFlow Lite reference kernels compute it (google-ai-edge/LiteRT,
 * tflite/kernels/internal/reference/{add,sub}.h): both are scaled and rounded, then their sum is. Not
 * clamped yet. */
#ifndef MCUBENCH_ADD_H
#define MCUBENCH_ADD_H

#include "requantize.h"

static inline int32_t add_values(const kernels_add_scale_t *scale, int32_t first, int32_t second) {
    int32_t smaller = second * scale->second_factor + scale->second_offset;
    smaller = requantize_conv_right(smaller, scale->second_multiplier, scale->second_shift, 0);
    int32_t sum = first * scale->first_factor + scale->first_offset + smaller * scale->second_sign;
    return requantize_conv_right(sum, scale->multiplier, scale->shift, scale->output.zero_point);
}

#endif
