/* int8 convolution in plain C, for cores without the DSP extension: one column of bytes, one product at a time. */
#include "dsp.h"
#include "gather.h"
#include "requantize.h"

#if !MCUBENCH_KERNELS_DSP

static void multiply_pixel(const kernels_conv_s8_t *conv, const int8_t *column, int32_t depth, int8_t *output) {
    for (int32_t c = 0; c < conv->window.out_channels; c++) {
        const int8_t *weights = kernels_row(conv->weights, conv->depth, c);
        int32_t sum = conv->channels[c].bias;
        for (int32_t n = 0; n < depth; n++) {
            sum += weights[2 * n] * column[n];
        }
        output[c] = requantize_conv(sum, &conv->channels[c], &conv->output);
    }
}

void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t depth = window->kernel_height * window->kernel_width * window->in_channels;
    int32_t left = window->out_height * window->out_width;
    gather_position_t at = {0, 0};

    for (; left > 0; left--) {
        const int8_t *column = scratch;
        if (gather_is_pointwise(window)) {
            column = input + gather_pixel(window, &at);
        } else {
            gather_column(window, &at, input, 1, (uint8_t)conv->input_zero_point, scratch);
        }
        multiply_pixel(conv, column, depth, output);
        gather_advance(&at, window);
        output += window->out_channels;
    }
}

#endif
