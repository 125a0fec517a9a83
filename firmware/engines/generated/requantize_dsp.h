/* From sums of convolutions to int8 where factors are below 1/2, which is the rule, in five instructions.
 *
 * As requantize_conv_right of requantize.h, but the range of int8 is the only limit: an activation that is narrower is
 * applied to the stored bytes afterwards, which is the same. */
#ifndef MCUBENCH_REQUANTIZE_DSP_H
#define MCUBENCH_REQUANTIZE_DSP_H

#include <stdbool.h>

#include "dsp.h"
#include "kernels.h"

typedef struct requantize_factor {
    uint32_t multiplier;
    int32_t right;  /* one bit is left, which rounds */
    int32_t addend; /* what rounds, and twice the output's zero point */
} requantize_factor_t;

static inline requantize_factor_t requantize_factor(const kernels_channel_t *channel, int32_t zero_point) {
    requantize_factor_t factor = {channel->multiplier, -channel->shift - 1, 1 + 2 * zero_point};
    return factor;
}

/* Half away from zero is half up of one less where the sum is negative. */
static inline int32_t requantize_right(int32_t sum, const requantize_factor_t *factor) {
    int32_t product = dsp_smmlar((uint32_t)sum, factor->multiplier, sum) + (sum >> 31);
    return dsp_ssat8_half((product >> factor->right) + factor->addend);
}

static inline bool requantize_is_whole(const kernels_output_s8_t *output) {
    return output->min == INT8_MIN && output->max == INT8_MAX;
}

/* Limits bytes that were computed with the whole range of int8. */
void requantize_limit(const kernels_output_s8_t *output, int32_t count, int8_t *values);

#endif
