/* int8 fully connected layer. */
#include <string.h>

#include "column.h"
#include "pair.h"
#include "requantize.h"

#if MCUBENCH_KERNELS_DSP

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
        output[0] = requantize_dense(sums[0], &channel[0], &range);
        output[1] = requantize_dense(sums[1], &channel[1], &range);
        output[2] = requantize_dense(sums[2], &channel[2], &range);
        output[3] = requantize_dense(sums[3], &channel[3], &range);
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
