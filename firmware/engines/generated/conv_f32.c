/* float32 convolution. Four pixels share each weight; their four sums are independent, so that the FPU's multiply-add
 * latency is hidden. */
#include "gather.h"

enum { PIXELS = 4 };

static float clamp(const kernels_conv_f32_t *conv, float value) {
    value = value < conv->min ? conv->min : value;
    return value > conv->max ? conv->max : value;
}

static void multiply_four_pixels(const kernels_conv_f32_t *conv, const float *const *columns, int32_t depth,
                                 float *output) {
    const float *weights = conv->weights;
    const int32_t out_channels = conv->window.out_channels;
    for (int32_t c = 0; c < out_channels; c++) {
        float sum0 = conv->bias[c];
        float sum1 = sum0;
        float sum2 = sum0;
        float sum3 = sum0;
        for (int32_t n = 0; n < depth; n++) {
            float weight = weights[n];
            sum0 += weight * columns[0][n];
            sum1 += weight * columns[1][n];
            sum2 += weight * columns[2][n];
            sum3 += weight * columns[3][n];
        }
        weights += depth;
        output[c] = clamp(conv, sum0);
        output[out_channels + c] = clamp(conv, sum1);
        output[2 * out_channels + c] = clamp(conv, sum2);
        output[3 * out_channels + c] = clamp(conv, sum3);
    }
}

static void multiply_pixel(const kernels_conv_f32_t *conv, const float *column, int32_t depth, float *output) {
    const float *weights = conv->weights;
    for (int32_t c = 0; c < conv->window.out_channels; c++) {
        float sums[4] = {conv->bias[c], 0.0f, 0.0f, 0.0f};
        int32_t n = 0;
        for (; n + 4 <= depth; n += 4) {
            sums[0] += weights[n] * column[n];
            sums[1] += weights[n + 1] * column[n + 1];
            sums[2] += weights[n + 2] * column[n + 2];
            sums[3] += weights[n + 3] * column[n + 3];
        }
        for (; n < depth; n++) {
            sums[0] += weights[n] * column[n];
        }
        weights += depth;
        output[c] = clamp(conv, (sums[0] + sums[1]) + (sums[2] + sums[3]));
    }
}

/* The column in place if it can be, else collected into `buffer`. */
static const float *find_column(const kernels_window_t *window, const gather_position_t *at, const float *input,
                                float *buffer) {
    if (gather_is_pointwise(window)) {
        return input + gather_pixel(window, at);
    }
    gather_column(window, at, input, sizeof(float), 0, buffer);
    return buffer;
}

void kernels_conv_f32(const kernels_conv_f32_t *conv, const float *input, float *output, float *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t depth = window->kernel_height * window->kernel_width * window->in_channels;
    int32_t left = window->out_height * window->out_width;
    gather_position_t at = {0, 0};

    for (; left >= PIXELS; left -= PIXELS) {
        const float *columns[PIXELS];
        for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
            columns[pixel] = find_column(window, &at, input, scratch + pixel * depth);
            gather_advance(&at, window);
        }
        multiply_four_pixels(conv, columns, depth, output);
        output += PIXELS * window->out_channels;
    }
    for (; left > 0; left--) {
        multiply_pixel(conv, find_column(window, &at, input, scratch), depth, output);
        gather_advance(&at, window);
        output += window->out_channels;
    }
}
