/* Convolution of int16 activations: one column of values, one channel at a time. */
#include "gather.h"
#include "weights_s16.h"

void kernels_conv_s16(const kernels_conv_s16_t *conv, const int16_t *input, int16_t *output, int16_t *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t depth = window->kernel_height * window->kernel_width * window->in_channels;
    gather_position_t at = {0, 0};

    while (at.y < window->out_height) {
        const int16_t *column = scratch;
        const int8_t *weights = conv->weights;
        if (gather_is_pointwise(window)) {
            column = input + gather_pixel(window, &at);
        } else {
            gather_column(window, &at, input, sizeof(int16_t), 0, scratch);
        }
        for (int32_t c = 0; c < window->out_channels; c++) {
            *output++ = weights_output(&conv->output, weights_multiply(column, 1, weights, 1, depth), c);
            weights += depth;
        }
        gather_advance(&at, window);
    }
}
