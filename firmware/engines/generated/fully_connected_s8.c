/* int8 fully connected layer. */
#include <string.h>

#include "column.h"
#include "requantize.h"

#if MCUBENCH_KERNELS_DSP

static void multiply_row(const kernels_fully_connected_s8_t *layer, const uint32_t *column, int8_t *output) {
    const int32_t last = layer->units - 1;
    for (int32_t unit = 0; unit <= last; unit += 2) {
        /* An odd last unit is computed twice and stored once. */
        int32_t second = unit < last ? unit + 1 : unit;
        const int8_t *rows[2] = {layer->weights + unit * layer->padded_depth,
                                 layer->weights + second * layer->padded_depth};
        int32_t sums[2] = {layer->channels[unit].bias, layer->channels[second].bias};
        column_multiply_two(column, layer->padded_depth, rows, sums);
        output[unit] = requantize_dense(sums[0], &layer->channels[unit], &layer->output);
        output[second] = requantize_dense(sums[1], &layer->channels[second], &layer->output);
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

void kernels_fully_connected_s8(const kernels_fully_connected_s8_t *layer, const int8_t *input, int8_t *output,
                                void *scratch) {
    (void)scratch;
    for (int32_t row = 0; row < layer->rows; row++) {
        const int8_t *weights = layer->weights;
        for (int32_t unit = 0; unit < layer->units; unit++) {
            int32_t sum = layer->channels[unit].bias;
            for (int32_t n = 0; n < layer->depth; n++) {
                sum += weights[n] * input[n];
            }
            *output++ = requantize_dense(sum, &layer->channels[unit], &layer->output);
            weights += layer->padded_depth;
        }
        input += layer->depth;
    }
}

#endif
