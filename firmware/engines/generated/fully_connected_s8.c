/* int8 fully connected layer. */
#include <string.h>

#include "column.h"
#include "pair.h"
#include "requantize.h"
#include "requantize_dsp.h"

#if MCUBENCH_KERNELS_DSP

/* Four sums to bytes, with the range of int8 as the only limit: without a branch for each, so that none waits for
 * another. Factors of 1/2 and more have a loop of their own. */
static inline void store_four(const int32_t sums[4], const kernels_channel_t *channel,
                              const kernels_output_s8_t *range, int8_t *output) {
    if ((channel[0].shift & channel[1].shift & channel[2].shift & channel[3].shift) >= 0) {
        for (int32_t i = 0; i < 4; i++) {
            output[i] = requantize_dense(sums[i], &channel[i], range);
        }
        return;
    }
    int32_t values[4];
    for (int32_t i = 0; i < 4; i++) {
        const uint32_t sign = (uint32_t)(sums[i] >> 31);
        const uint32_t magnitude = ((uint32_t)sums[i] ^ sign) - sign;
        const uint32_t twice = requantize_high(magnitude, channel[i].multiplier) >> (-channel[i].shift - 1);
        const int32_t value = (int32_t)((((twice + 1) >> 1) ^ sign) - sign);
        values[i] = dsp_ssat8(value + range->zero_point);
    }
    for (int32_t i = 0; i < 4; i++) {
        output[i] = (int8_t)values[i];
    }
}

static void multiply_row(const kernels_fully_connected_s8_t *layer, const uint32_t *column, int8_t *output) {
    /* A copy, because a store through int8_t * may change anything for all the compiler knows. */
    const kernels_output_s8_t range = layer->output;
    const kernels_channel_t *channel = layer->channels;
    const int32_t depth = layer->padded_depth;
    const int8_t *weights = layer->weights;
    int32_t left = layer->units;
    for (; left >= 4; left -= 4) {
        int32_t sums[4] = {channel[0].bias, channel[1].bias, channel[2].bias, channel[3].bias};
        column_multiply_four_rows(column, depth, weights, sums);
        store_four(sums, channel, &range, output);
        weights += 4 * depth;
        channel += 4;
        output += 4;
    }
    while (left > 0) {
        int32_t sums[2] = {0, 0};
        column_multiply_two(column, depth, weights, sums);
        for (int32_t i = 0; i < 2 && left > 0; i++, left--) {
            *output++ = requantize_dense(channel->bias + sums[i], channel, &range);
            channel++;
        }
        weights += 2 * depth;
    }
}

static void prepare_row(const kernels_fully_connected_s8_t *layer, const int8_t *input, uint32_t *column) {
    int32_t whole = layer->depth & ~3;
    column_widen(input, whole, 1, column);
    if (whole < layer->depth) {
        int8_t rest[4] = {0, 0, 0, 0};
        memcpy(rest, input + whole, (size_t)(layer->depth - whole));
        column_widen(rest, 4, 1, column + whole / 2);
    }
}

void kernels_fully_connected_s8(const kernels_fully_connected_s8_t *layer, const int8_t *input, int8_t *output,
                                void *scratch) {
    for (int32_t row = 0; row < layer->rows; row++) {
        prepare_row(layer, input, scratch);
        multiply_row(layer, scratch, output);
        input += layer->depth;
        output += layer->units;
    }
    if (!requantize_is_whole(&layer->output)) {
        const int32_t count = layer->rows * layer->units;
        requantize_limit(&layer->output, count, output - count);
    }
}

#else

/* Two units at a time; the row of zeros beside the last one of an odd number is computed and dropped. */
static void multiply_row(const kernels_fully_connected_s8_t *layer, const int8_t *values, int8_t *output) {
    const kernels_output_s8_t range = layer->output;
    const kernels_channel_t *channel = layer->channels;
    const int8_t *weights = layer->weights;
    const int8_t *end = output + layer->units;

    for (;;) {
        int32_t sums[2] = {0, 0};
        pair_multiply(weights, values, layer->padded_depth, sums);
        *output++ = requantize_dense(sums[0] + channel->bias, channel, &range);
        channel++;
        if (output == end) {
            return;
        }
        *output++ = requantize_dense(sums[1] + channel->bias, channel, &range);
        channel++;
        if (output == end) {
            return;
        }
        weights += 2 * layer->padded_depth;
    }
}

void kernels_fully_connected_s8(const kernels_fully_connected_s8_t *layer, const int8_t *input, int8_t *output,
                                void *scratch) {
    for (int32_t row = 0; row < layer->rows; row++) {
        multiply_row(layer, pair_align(input, layer->depth, layer->padded_depth, scratch), output);
        input += layer->depth;
        output += layer->units;
    }
}

#endif
