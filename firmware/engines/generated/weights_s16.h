/* Sums of products of int16 values and int8 weights, and what becomes of them. */
#ifndef MCUBENCH_WEIGHTS_S16_H
#define MCUBENCH_WEIGHTS_S16_H

#include "requantize.h"

/* A product has 23 bits with its sign: so many of them fit 32 bits, in which they are added faster than in 64. */
enum { WEIGHTS_ROUND = 256 };

static inline int64_t weights_multiply(const int16_t *values, int32_t step, const int8_t *weights, int32_t weight_step,
                                       int32_t count) {
    int64_t total = 0;
    while (count > 0) {
        int32_t sum = 0;
        int32_t left = count < WEIGHTS_ROUND ? count : WEIGHTS_ROUND;
        count -= left;
        for (; left > 0; left--) {
            sum += *values * *weights;
            values += step;
            weights += weight_step;
        }
        total += sum;
    }
    return total;
}

static inline int16_t weights_output(const kernels_output_s16_t *output, int64_t sum, int32_t channel) {
    int32_t multiplier = output->multipliers[channel];
    int32_t shift = output->shifts[channel];
    int32_t value;
    sum += output->bias[channel];
    if (output->is_wide) {
        value = (int32_t)((sum * multiplier + ((int64_t)1 << (shift - 1))) >> shift);
    } else {
        value = requantize_scale((int32_t)sum, multiplier, shift);
    }
    value = value < output->min ? output->min : value;
    return (int16_t)(value > output->max ? output->max : value);
}

#endif
