/* int8 convolution for the DSP extension.
 *
 * The values under the window become a column (column.h) once per pixel, which is multiplied with every channel's
 * weights, two channels and four pixels at a time: 8 SMLAD and 2 SXTB16 make 16 products of 5 loaded words. Values off
 * the image are the input's zero point, whose share is part of the bias. */
#include "column.h"
#include "gather.h"
#include "requantize.h"

#if MCUBENCH_KERNELS_DSP

enum { PIXELS = 4 };

/* The column as bytes: in place in the input if it can be, else collected into `buffer`. */
static const int8_t *column_bytes(const kernels_conv_s8_t *conv, const gather_position_t *at, const int8_t *input,
                                  int8_t *buffer) {
    if (gather_is_pointwise(&conv->window) && conv->window.in_channels == conv->depth) {
        return input + gather_pixel(&conv->window, at);
    }
    gather_column(&conv->window, at, input, 1, (uint8_t)conv->input_zero_point, buffer);
    return buffer;
}

/* Stores one channel of four pixels. The usual case is apart: a right shift, and an activation whose limits are those
 * of int8, as with RELU and a zero point of -128. */
static inline void store_four_pixels(const int32_t sums[PIXELS], const kernels_channel_t *channel,
                                     const kernels_output_s8_t *range, int32_t out_channels, int8_t *to) {
    const uint32_t multiplier = channel->multiplier;
    const int32_t shift = channel->shift;
    const int32_t zero_point = range->zero_point;
    const bool usual = shift < 0 && range->min == INT8_MIN && range->max == INT8_MAX;
    for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
        *to = usual ? (int8_t)dsp_ssat8(requantize_conv_right(sums[pixel], multiplier, shift, zero_point))
                    : requantize_conv(sums[pixel], channel, range);
        to += out_channels;
    }
}

static void multiply_four_pixels(const kernels_conv_s8_t *conv, const uint32_t *columns, int8_t *output) {
    /* A copy, because a store through int8_t * may change anything for all the compiler knows. */
    const kernels_output_s8_t range = conv->output;
    const kernels_channel_t *channel = conv->channels;
    const int8_t *weights = conv->weights;
    const int32_t depth = conv->depth;
    const int32_t out_channels = conv->window.out_channels;
    for (int32_t c = 0; c < out_channels; c += 2) {
        /* An odd last channel is computed twice and stored once. */
        const kernels_channel_t *second = channel + (c + 1 < out_channels);
        int32_t sums[PIXELS] = {channel->bias, channel->bias, channel->bias, channel->bias};
        int32_t second_sums[PIXELS] = {second->bias, second->bias, second->bias, second->bias};
        column_multiply_four(columns, depth, weights, sums, second_sums);
        store_four_pixels(sums, channel, &range, out_channels, output + c);
        if (c + 1 < out_channels) {
            store_four_pixels(second_sums, second, &range, out_channels, output + c + 1);
        }
        weights += 2 * depth;
        channel += 2;
    }
}

static void multiply_pixel(const kernels_conv_s8_t *conv, const uint32_t *column, int8_t *output) {
    for (int32_t c = 0; c < conv->window.out_channels; c += 2) {
        int32_t sums[2] = {0, 0};
        column_multiply_two(column, conv->depth, conv->weights + c * conv->depth, sums);
        for (int32_t i = c; i < c + 2 && i < conv->window.out_channels; i++) {
            output[i] = requantize_conv(conv->channels[i].bias + sums[i - c], &conv->channels[i], &conv->output);
        }
    }
}

void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_window_t *window = &conv->window;
    uint32_t *words = scratch;
    int32_t left = window->out_height * window->out_width;
    int8_t *buffer = (int8_t *)(words + (left < PIXELS ? 1 : PIXELS) * conv->depth / 2);
    gather_position_t at = {0, 0};

    for (; left >= PIXELS; left -= PIXELS) {
        for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
            column_widen(column_bytes(conv, &at, input, buffer), conv->depth, PIXELS, words + pixel);
            gather_advance(&at, window);
        }
        multiply_four_pixels(conv, words, output);
        output += PIXELS * window->out_channels;
    }
    for (; left > 0; left--) {
        column_widen(column_bytes(conv, &at, input, buffer), conv->depth, 1, words);
        gather_advance(&at, window);
        multiply_pixel(conv, words, output);
        output += window->out_channels;
    }
}

#endif
