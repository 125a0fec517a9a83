/* int8 convolution in plain C, for cores without the DSP extension: one column of bytes, two channels at a time. */
#include "gather.h"
#include "pair.h"
#include "requantize.h"

#if !MCUBENCH_KERNELS_DSP

/* The row of zeros beside the last channel of an odd number is computed and dropped. */
static void multiply_pixel(const kernels_conv_s8_t *conv, const int8_t *column, int8_t *output) {
    const kernels_output_s8_t range = conv->output;
    const kernels_channel_t *channel = conv->channels;
    const int8_t *weights = conv->weights;
    const int8_t *end = output + conv->window.out_channels;

    for (;;) {
        int32_t sums[2] = {0, 0};
        pair_multiply(weights, column, conv->depth, sums);
        *output++ = requantize_conv(sums[0] + channel->bias, channel, &range);
        channel++;
        if (output == end) {
            return;
        }
        *output++ = requantize_conv(sums[1] + channel->bias, channel, &range);
        channel++;
        if (output == end) {
            return;
        }
        weights += 2 * conv->depth;
    }
}

void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t depth = window->kernel_height * window->kernel_width * window->in_channels;
    int32_t left = window->out_height * window->out_width;
    gather_position_t at = {0, 0};

    memset((int8_t *)scratch + depth, 0, (size_t)(conv->depth - depth));
    for (; left > 0; left--) {
        const int8_t *column = scratch;
        if (gather_is_pointwise(window)) {
            column = pair_align(input + gather_pixel(window, &at), depth, conv->depth, scratch);
        } else {
            gather_column(window, &at, input, 1, (uint8_t)conv->input_zero_point, scratch);
        }
        multiply_pixel(conv, column, output);
        gather_advance(&at, window);
        output += window->out_channels;
    }
}

#endif
