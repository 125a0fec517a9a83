/* int8 depthwise convolution.
 *
 * The values under the window are read where they lie; only where the window sticks out of the image they are collected
 * first, with the input's zero point in place of what is missing. A table of offsets, one per tap, serves both cases. */
#include "dsp.h"
#include "gather.h"
#include "requantize.h"

/* Where the taps of the current pixel are. */
typedef struct taps {
    const int8_t *base;
    const int32_t *offsets;
    int32_t count;
} taps_t;

static int8_t depthwise_channel(const kernels_depthwise_s8_t *conv, const taps_t *taps, int32_t c) {
    const int8_t *x = taps->base + (conv->multiplier == 1 ? c : c / conv->multiplier);
    const int8_t *weights = conv->weights + c;
    int32_t sum = conv->channels[c].bias;
    for (int32_t tap = 0; tap < taps->count; tap++) {
        sum += x[taps->offsets[tap]] * *weights;
        weights += conv->window.out_channels;
    }
    return requantize_conv(sum, &conv->channels[c], &conv->output);
}

#if MCUBENCH_KERNELS_DSP

/* Channels c to c + 3: one word of values and one of weights per tap. */
static void depthwise_four_channels(const kernels_depthwise_s8_t *conv, const taps_t *taps, int32_t c, int8_t *output) {
    const kernels_channel_t *channel = &conv->channels[c];
    const int8_t *x = taps->base + c;
    const int8_t *weights = conv->weights + c;
    int32_t sum0 = channel[0].bias;
    int32_t sum1 = channel[1].bias;
    int32_t sum2 = channel[2].bias;
    int32_t sum3 = channel[3].bias;
    for (int32_t tap = 0; tap < taps->count; tap++) {
        uint32_t values = dsp_load(x + taps->offsets[tap]);
        uint32_t factors = dsp_load(weights);
        uint32_t even = dsp_sxtb16(values);
        uint32_t odd = dsp_sxtb16_odd(values);
        uint32_t factors_even = dsp_sxtb16(factors);
        uint32_t factors_odd = dsp_sxtb16_odd(factors);
        sum0 = dsp_smlabb(even, factors_even, sum0);
        sum1 = dsp_smlabb(odd, factors_odd, sum1);
        sum2 = dsp_smlatt(even, factors_even, sum2);
        sum3 = dsp_smlatt(odd, factors_odd, sum3);
        weights += conv->window.out_channels;
    }
    output[c] = requantize_conv(sum0, &channel[0], &conv->output);
    output[c + 1] = requantize_conv(sum1, &channel[1], &conv->output);
    output[c + 2] = requantize_conv(sum2, &channel[2], &conv->output);
    output[c + 3] = requantize_conv(sum3, &channel[3], &conv->output);
}

#endif

static void depthwise_pixel(const kernels_depthwise_s8_t *conv, const taps_t *taps, int8_t *output) {
    int32_t c = 0;
#if MCUBENCH_KERNELS_DSP
    for (; conv->multiplier == 1 && c + 4 <= conv->window.out_channels; c += 4) {
        depthwise_four_channels(conv, taps, c, output);
    }
#endif
    for (; c < conv->window.out_channels; c++) {
        output[c] = depthwise_channel(conv, taps, c);
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

void kernels_depthwise_s8(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
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
