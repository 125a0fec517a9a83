/* From int32 sums to int8 outputs, as the TensorFlow Lite reference kernels do it. They do it in three ways:
 * convolutions with a 31-bit factor and two roundings, fully connected layers in double, with one rounding (here: a
 * factor that gives the same result, see mcubench/codegen/fixedpoint.py), conversions like convolutions. */
#ifndef MCUBENCH_REQUANTIZE_H
#define MCUBENCH_REQUANTIZE_H

#include "dsp.h"
#include "kernels.h"

/* Whether products of 64 bits are a call: Thumb without Thumb-2 (ACLE, __ARM_ARCH_ISA_THUMB). */
#ifndef MCUBENCH_NARROW_PRODUCTS
#if defined(__ARM_ARCH_ISA_THUMB) && __ARM_ARCH_ISA_THUMB == 1
#define MCUBENCH_NARROW_PRODUCTS 1
#else
#define MCUBENCH_NARROW_PRODUCTS 0
#endif
#endif

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

/* a x b / 2^32, rounded down. A core whose only product has 32 bits (Armv6-M) makes it of four of them: of the call that
 * the compiler would make, and of shifting 64 bits, nothing is left. */
static inline uint32_t requantize_high(uint32_t a, uint32_t b) {
#if MCUBENCH_NARROW_PRODUCTS
    uint32_t low = (a & 0xFFFFu) * (b & 0xFFFFu);
    uint32_t middle = (a >> 16) * (b & 0xFFFFu) + (low >> 16);
    uint32_t other = (a & 0xFFFFu) * (b >> 16) + (middle & 0xFFFFu);
    return (a >> 16) * (b >> 16) + (middle >> 16) + (other >> 16);
#else
    return (uint32_t)((uint64_t)a * b >> 32);
#endif
}

/* Of a convolution, for shifts to the right, which are the rule: factors of trained layers are below 1/2. As the
 * multiplier is 2^32 + (int32_t)multiplier, one SMMLAR is the product, rounded half up. Subtracting 1 from negative values
 * turns that into half away from zero for the second rounding, and ((x >> (n - 1)) + 1) >> 1 is x / 2^n rounded, without
 * overflow. With magnitudes both roundings are the same for either sign, but that half of a product goes up. */
static inline int32_t requantize_conv_right(int32_t sum, uint32_t multiplier, int32_t shift, int32_t zero_point) {
#if MCUBENCH_NARROW_PRODUCTS
    uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum);
    uint32_t product = requantize_high(magnitude, multiplier);
    product += magnitude * multiplier > 0x7FFFFFFFu + (uint32_t)(sum < 0);
    int32_t value = (int32_t)(((product >> (-shift - 1)) + 1) >> 1);
    return zero_point + (sum < 0 ? -value : value);
#else
    int32_t product = dsp_smmlar((uint32_t)sum, multiplier, sum);
    int32_t twice = (product + (product >> 31)) >> (-shift - 1);
    return (twice + (1 + 2 * zero_point)) >> 1;
#endif
}

/* Of a convolution, for any shift. */
static inline int8_t requantize_conv(int32_t sum, const kernels_channel_t *channel, const kernels_output_s8_t *output) {
    if (channel->shift < 0) {
        int32_t value = requantize_conv_right(sum, channel->multiplier, channel->shift, output->zero_point);
        return (int8_t)requantize_clamp(value, output);
    }
    int32_t value = requantize_scale(sum, (int32_t)(channel->multiplier >> 1), channel->shift);
    return (int8_t)requantize_clamp(value + output->zero_point, output);
}

/* Of a fully connected layer whose factor is 1/2 or more, which is rare: out of line, so that the rest stays small. */
int32_t requantize_dense_left(uint32_t magnitude, const kernels_channel_t *channel);

/* Of a fully connected layer: |sum| x multiplier / 2^32 x 2^shift with one rounding; -31 <= shift <= 24. */
static inline int8_t requantize_dense(int32_t sum, const kernels_channel_t *channel,
                                      const kernels_output_s8_t *output) {
    uint32_t magnitude = (uint32_t)(sum < 0 ? -sum : sum);
    int32_t value;
    if (channel->shift < 0) {
        uint32_t twice = requantize_high(magnitude, channel->multiplier) >> (-channel->shift - 1);
        value = (int32_t)((twice + 1) >> 1);
    } else {
        value = requantize_dense_left(magnitude, channel);
    }
    return (int8_t)requantize_clamp((sum < 0 ? -value : value) + output->zero_point, output);
}

#endif
