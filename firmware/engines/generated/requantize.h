/* Scales an int32 sum to an int8 output, as the TensorFlow Lite reference kernels do (single-rounding build):
 * floor((sum x significand + 2^(30 - shift)) / 2^(31 - shift)). */
#ifndef MCUBENCH_REQUANTIZE_H
#define MCUBENCH_REQUANTIZE_H

#include "dsp.h"
#include "kernels.h"

/* `significand` < 2^31, -31 <= shift <= 30. */
static inline int32_t requantize_scale(int32_t sum, int32_t significand, int32_t shift) {
    int32_t right = 31 - shift;
    return (int32_t)(((int64_t)sum * significand + ((int64_t)1 << (right - 1))) >> right);
}

static inline int32_t requantize_clamp(int32_t value, const kernels_output_s8_t *output) {
    value = value < output->min ? output->min : value;
    return value > output->max ? output->max : value;
}

/* Right shifts are the rule: the multiplier of a trained layer is below 1/2. With M = 2^32 + (int32_t)multiplier the
 * upper half of sum x M is one SMMLA, and ((x >> (n - 1)) + 1) >> 1 rounds like adding 2^(n - 1) before >> n. */
static inline int8_t requantize_s8(int32_t sum, const kernels_channel_t *channel, const kernels_output_s8_t *output) {
    int32_t value;
#if MCUBENCH_KERNELS_DSP
    if (channel->shift < 0) {
        int32_t high = dsp_smmla((uint32_t)sum, channel->multiplier, sum);
        value = ((high >> (-channel->shift - 1)) + 1 + 2 * output->zero_point) >> 1;
        return (int8_t)requantize_clamp(value, output);
    }
#endif
    value = requantize_scale(sum, (int32_t)(channel->multiplier >> 1), channel->shift);
    return (int8_t)requantize_clamp(value + output->zero_point, output);
}

#endif
