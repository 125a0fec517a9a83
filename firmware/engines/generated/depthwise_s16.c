/* Depthwise convolution of int16 activations: one column of values, one channel at a time. */
#include "gather.h"
#include "weights_s16.h"

void kernels_depthwise_s16(const kernels_depthwise_s16_t *conv, const int16_t *input, int16_t *output,
                           int16_t *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t taps = window->kernel_height * window->kernel_width;
    gather_position_t at = {0, 0};

    while (at.y < window->out_height) {
        const int16_t *column = scratch;
        int32_t c = 0;
        if (gather_is_pointwise(window)) {
            column = input + gather_pixel(window, &at);
        } else {
            gather_column(window, &at, input, sizeof(int16_t), 0, scratch);
        }
        for (int32_t in_channel = 0; in_channel < window->in_channels; in_channel++) {
            for (int32_t end = c + conv->multiplier; c < end; c++) {
                int64_t sum = weights_multiply(column + in_channel, window->in_channels, conv->weights + c,
                                               window->out_channels, taps);
                *output++ = weights_output(&conv->output, sum, c);
            }
        }
        gather_advance(&at, window);
    }
}
