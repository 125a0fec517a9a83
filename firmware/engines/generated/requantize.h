/* From int32 sums to int8 outputs, as the TensorFlow Lite reference kernels do it. They do it in three ways:
 * convolutions with a 31-bit factor and two roundings, fully connected layers in double, with one rounding (here: a
 * factor that gives the same result, see mcubench/codegen/fixedpoint.py), conversions like convolutions. */
#ifndef MCUBENCH_REQUANTIZE_H
#define MCUBENCH_REQUANTIZE_H

#include "dsp.h"
#include "kernels.h"

/* value / 2^exponent, rounded half away from zero. */
int32_t requantize_divide(int32_t value, int32_t exponent);

/* a x b / 2^31, rounded half up: a product of two numbers in [-1, 1) with 31 fraction bits. */
int32_t requantize_multiply(int32_t a, int32_t b);

/* value x significand / 2^31 x 2^shift with those two roundings; -31 <= shift <= 30. */
int32_t requantize_scale(int32_t value, int32_t significand, int32_t shift);

static inline int32_t requantize_clamp(int32_t value, const kernels_output_s8_t *output) {
    value = value < output->min ? output->min : value;
    return value > output->max ? output->max : value;
}

/* Of a convolution, for shifts to the right, which are the rule: factors of trained layers are below 1/2. As the
 * multiplier is 2^32 + (int32_t)multiplier, one SMMLAR is the product. Subtracting 1 from negative values turns rounding
 * half up into half away from zero, and ((x >> (n - 1)) + 1) >> 1 is x / 2^n rounded, without overflow. */
static inline int32_t requantize_conv_right(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point) {
    int32_t product = dsp_smmlar((uint32_t)sum, multiplier, sum);
    int32_t twice = (product + (product >> 31)) >> (-shift - 1);
    return (twice + (1 + 2 * zero_point)) >> 1;
}

/* Of a convolution, for any shift. */
static inline int8_t requantize_conv(int32_t sum, const kernels_channel_t *channel, const kernels_output_s8_t *output) {
    if (MCUBENCH_KERNELS_DSP && channel->shift < 0) {
        int32_t value = requantize_conv_right(sum, channel->multiplier, channel->shift, output->zero_point);
        return (int8_t)requantize_clamp(value, output);
    }
    int32_t value = requantize_scale(sum, (int32_t)(channel->multiplier >> 1), channel->shift);
    return (int8_t)requantize_clamp(value + output->zero_point, output);
}

/* Of a fully connected layer: |sum| x multiplier / 2^32 x 2^shift with one rounding; -31 <= shift <= 24. */
static inline int8_t requantize_dense(int32_t sum, const kernels_channel_t *channel,
                                      const kernels_output_s8_t *output) {
    uint64_t product = (uint64_t)(uint32_t)(sum < 0 ? -sum : sum) * channel->multiplier;
    uint64_t rounded = (product >> (31 - channel->shift)) + 1;
    int32_t value = rounded > 512 ? 256 : (int32_t)(rounded >> 1);
    return (int8_t)requantize_clamp((sum < 0 ? -value : value) + output->zero_point, output);
}

#endif
