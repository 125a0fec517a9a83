/* int8 convolution for the DSP extension.
 *
 * The values under the window become a column (column.h) once per pixel, which is multiplied with every channel's
 * weights, two channels and four pixels at a time: 8 SMLAD and 2 SXTB16 make 16 products of 5 loaded words. Values off
 * the image are the input's zero point, whose share is part of the bias. */
#include "column.h"
#include "gather.h"
#include "requantize.h"

#if MCUBENCH_KERNELS_DSP

#include "tile.h"

enum { PIXELS = 4 };

/* Rows of a window that lies on the image, one behind the other. All but the last are copied in whole words, of which the
 * next row takes back what was too much. */
static void join_rows(const int8_t *from, int32_t rows, int32_t row_bytes, int32_t run, int8_t *to) {
    for (; rows > 1; rows--) {
        for (int32_t n = 0; n < run; n += 4) {
            dsp_store(to + n, dsp_load(from + n));
        }
        to += run;
        from += row_bytes;
    }
    for (; run >= 4; run -= 4) {
        dsp_store(to, dsp_load(from));
        to += 4;
        from += 4;
    }
    for (; run > 0; run--) {
        *to++ = *from++;
    }
}

/* Writes the column of one pixel to `words`, whose columns alternate; `buffer` has room for its bytes. */
static DSP_APART void widen_pixel(const kernels_conv_s8_t *conv, const gather_position_t *at, const int8_t *input,
                                  int32_t step, int8_t *buffer, uint32_t *words) {
    const kernels_window_t *window = &conv->window;
    const int32_t y = at->y * window->stride_height - window->pad_top;
    const int32_t x = at->x * window->stride_width - window->pad_left;
    const int32_t run = window->kernel_width * window->in_channels;
    const int32_t row_bytes = window->in_width * window->in_channels;
    const bool has_gaps = window->dilation_height > 1 || window->dilation_width > 1;
    /* Of rows of less than a word, join_rows would read beyond the last. */
    if (has_gaps || row_bytes < 4 || y < 0 || x < 0 || y + window->kernel_height > window->in_height ||
        x + window->kernel_width > window->in_width) {
        gather_column(window, at, input, 1, (uint8_t)conv->input_zero_point, buffer);
    } else {
        const int8_t *from = input + y * row_bytes + x * window->in_channels;
        if (run % 4 == 0) {
            for (int32_t row = 0; row < window->kernel_height; row++) {
                column_widen(from, run, step, words);
                words += run / 2 * step;
                from += row_bytes;
            }
            return;
        }
        join_rows(from, window->kernel_height, row_bytes, run, buffer);
    }
    column_widen(buffer, conv->depth, step, words);
}

static void store_channel(const kernels_conv_s8_t *conv, const int32_t sums[PIXELS], int32_t c, int8_t *output) {
    for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
        output[c] = requantize_conv(sums[pixel], &conv->channels[c], &conv->output);
        output += conv->window.out_channels;
    }
}

/* Channels from `first` on, of four pixels: those that have no second one, or factors of 1/2 and more. */
static DSP_APART void multiply_rest(const kernels_conv_s8_t *conv, const uint32_t *columns, int32_t first,
                                    int8_t *output) {
    for (int32_t c = first; c < conv->window.out_channels; c += 2) {
        const bool has_second = c + 1 < conv->window.out_channels;
        const int32_t bias = conv->channels[c].bias;
        const int32_t second_bias = has_second ? conv->channels[c + 1].bias : 0;
        int32_t sums[PIXELS] = {bias, bias, bias, bias};
        int32_t second_sums[PIXELS] = {second_bias, second_bias, second_bias, second_bias};
        column_multiply_four(columns, conv->depth, conv->weights + c * conv->depth, sums, second_sums);
        store_channel(conv, sums, c, output);
        if (has_second) {
            store_channel(conv, second_sums, c + 1, output);
        }
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

/* Pairs of channels that tile_multiply can do. */
static int32_t usual_pairs(const kernels_conv_s8_t *conv) {
    for (int32_t c = 0; c < conv->window.out_channels; c++) {
        if (conv->channels[c].shift >= 0) {
            return 0;
        }
    }
    return conv->window.out_channels / 2;
}

void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t out_channels = window->out_channels;
    const int32_t pixels = window->out_height * window->out_width;
    uint32_t *words = scratch;
    int8_t *buffer = (int8_t *)(words + (pixels < PIXELS ? 1 : PIXELS) * conv->depth / 2);
    gather_position_t at = {0, 0};
    const bool is_in_place = gather_is_pointwise(window) && window->stride_height == 1 && window->stride_width == 1 &&
                             window->in_channels == conv->depth;
    tile_t tile = {
        .columns = words,
        .depth = conv->depth,
        .weights = conv->weights,
        .channel = conv->channels,
        .output = output,
        .pairs = usual_pairs(conv),
        .out_channels = out_channels,
        .addend = 1 + 2 * conv->output.zero_point,
    };
    int32_t left = pixels;

    for (; left >= PIXELS; left -= PIXELS) {
        for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
            if (is_in_place) {
                column_widen(input, conv->depth, PIXELS, words + pixel);
                input += conv->depth;
            } else {
                widen_pixel(conv, &at, input, PIXELS, buffer, words + pixel);
                gather_advance(&at, window);
            }
        }
        if (tile.pairs > 0) {
            tile_multiply(&tile);
        }
        if (2 * tile.pairs < out_channels) {
            multiply_rest(conv, words, 2 * tile.pairs, tile.output);
        }
        tile.output += PIXELS * out_channels;
    }
    for (; left > 0; left--) {
        if (is_in_place) {
            column_widen(input, conv->depth, 1, words);
            input += conv->depth;
        } else {
            widen_pixel(conv, &at, input, 1, buffer, words);
            gather_advance(&at, window);
        }
        multiply_pixel(conv, words, tile.output);
        tile.output += out_channels;
    }
    if (!requantize_is_whole(&conv->output)) {
        requantize_limit(&conv->output, pixels * out_channels, output);
    }
}

#endif
