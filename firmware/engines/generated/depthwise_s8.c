/* int8 depthwise convolution in plain C, for cores without the DSP extension and for layers with gaps between taps.
 *
 * The values under the window are read where they lie; only where the window sticks out of the image they are collected
 * first, with the input's zero point in place of what is missing. A table of offsets, one per tap, serves both cases. */
#include "depthwise.h"
#include "dsp.h"
#include "gather.h"
#include "requantize.h"

/* Where the taps of the current pixel are. */
typedef struct taps {
    const int8_t *base;
    const int32_t *offsets;
    int32_t count;
} taps_t;

static int32_t sum_taps(const int8_t *x, const int8_t *weights, const taps_t *taps) {
    const int32_t *offset = taps->offsets;
    const int32_t *end = offset + taps->count;
    int32_t sum = 0;
    for (; offset + 3 <= end; offset += 3) {
        sum += x[offset[0]] * weights[0];
        sum += x[offset[1]] * weights[1];
        sum += x[offset[2]] * weights[2];
        weights += 3;
    }
    for (; offset < end; offset++) {
        sum += x[*offset] * *weights++;
    }
    return sum;
}

static void depthwise_pixel(const kernels_depthwise_s8_t *conv, const taps_t *taps, int8_t *output) {
    const kernels_output_s8_t range = conv->output;
    const kernels_channel_t *channel = conv->channels;
    const int8_t *weights = conv->weights;
    for (int32_t c = 0; c < conv->window.in_channels; c++) {
        for (int32_t i = 0; i < conv->multiplier; i++) {
            int32_t sum = sum_taps(taps->base + c, weights, taps);
            *output++ = requantize_conv(channel->bias + sum, channel, &range);
            weights += taps->count;
            channel++;
        }
    }
}

/* Fills offsets[0 .. taps) for values on the image and offsets[taps .. 2 x taps) for collected ones. */
static void list_offsets(const kernels_window_t *window, int32_t *offsets) {
    int32_t *collected = offsets + window->kernel_height * window->kernel_width;
    int32_t next = 0;
    for (int32_t y = 0; y < window->kernel_height; y++) {
        for (int32_t x = 0; x < window->kernel_width; x++) {
            int32_t pixel = y * window->dilation_height * window->in_width + x * window->dilation_width;
            *offsets++ = pixel * window->in_channels;
            *collected++ = next;
            next += window->in_channels;
        }
    }
}

static void depthwise_by_pixels(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output,
                                void *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t count = window->kernel_height * window->kernel_width;
    int32_t *offsets = scratch;
    int8_t *buffer = (int8_t *)(offsets + 2 * count);
    const int32_t reach_y = (window->kernel_height - 1) * window->dilation_height;
    const int32_t reach_x = (window->kernel_width - 1) * window->dilation_width;
    gather_position_t at = {0, 0};

    list_offsets(window, offsets);
    while (at.y < window->out_height) {
        int32_t y = at.y * window->stride_height - window->pad_top;
        int32_t x = at.x * window->stride_width - window->pad_left;
        taps_t taps = {buffer, offsets + count, count};
        if (y >= 0 && x >= 0 && y + reach_y < window->in_height && x + reach_x < window->in_width) {
            taps.base = input + (y * window->in_width + x) * window->in_channels;
            taps.offsets = offsets;
        } else {
            gather_column(window, &at, input, 1, (uint8_t)conv->input_zero_point, buffer);
        }
        depthwise_pixel(conv, &taps, output);
        output += window->out_channels;
        gather_advance(&at, window);
    }
}

void kernels_depthwise_s8(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
#if MCUBENCH_KERNELS_DSP
    if (depthwise_has_strips(conv)) {
        depthwise_by_strips(conv, input, output, scratch);
        return;
    }
#endif
    depthwise_by_pixels(conv, input, output, scratch);
}
