/* float32 depthwise convolution. */
#include "gather.h"

static float depthwise_channel(const kernels_depthwise_f32_t *conv, const gather_position_t *at, const float *input,
                               int32_t c) {
    const kernels_window_t *window = &conv->window;
    const float *weights = conv->weights + c;
    float sum = conv->bias[c];
    int32_t y = at->y * window->stride_height - window->pad_top;
    input += conv->multiplier == 1 ? c : c / conv->multiplier;
    for (int32_t row = 0; row < window->kernel_height; row++, y += window->dilation_height) {
        int32_t x = at->x * window->stride_width - window->pad_left;
        for (int32_t column = 0; column < window->kernel_width; column++, x += window->dilation_width) {
            if (y >= 0 && y < window->in_height && x >= 0 && x < window->in_width) {
                sum += input[(y * window->in_width + x) * window->in_channels] * *weights;
            }
            weights += window->out_channels;
        }
    }
    sum = sum < conv->min ? conv->min : sum;
    return sum > conv->max ? conv->max : sum;
}

void kernels_depthwise_f32(const kernels_depthwise_f32_t *conv, const float *input, float *output) {
    const kernels_window_t *window = &conv->window;
    gather_position_t at = {0, 0};
    while (at.y < window->out_height) {
        for (int32_t c = 0; c < window->out_channels; c++) {
            output[c] = depthwise_channel(conv, &at, input, c);
        }
        output += window->out_channels;
        gather_advance(&at, window);
    }
}
