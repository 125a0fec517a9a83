/* float32 convolution, and fully connected layers. Four pixels and four channels at a time: 16 sums in registers, so that
 * each value and each weight that is loaded serves four multiplications, and no sum waits for the one before. */
#include "gather.h"

enum { PIXELS = 4, CHANNELS = 4 };

static float clamp(const kernels_conv_f32_t *conv, float value) {
    value = value < conv->min ? conv->min : value;
    return value > conv->max ? conv->max : value;
}

/* Adds to sums[channel][pixel]. The constant loops are unrolled by the compiler. */
static inline void multiply_block(const float *const rows[CHANNELS], const float *const columns[PIXELS], int32_t depth,
                                  float sums[CHANNELS][PIXELS]) {
    for (int32_t n = 0; n < depth; n++) {
        for (int32_t channel = 0; channel < CHANNELS; channel++) {
            for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
                sums[channel][pixel] += rows[channel][n] * columns[pixel][n];
            }
        }
    }
}

static void multiply_four_pixels(const kernels_conv_f32_t *conv, const float *const columns[PIXELS], int32_t depth,
                                 float *output) {
    const int32_t out_channels = conv->window.out_channels;
    for (int32_t c = 0; c < out_channels; c += CHANNELS) {
        int32_t channels[CHANNELS];
        const float *rows[CHANNELS];
        float sums[CHANNELS][PIXELS];
        for (int32_t i = 0; i < CHANNELS; i++) {
            /* Beyond the last channel, the last one is computed again. */
            channels[i] = c + i < out_channels ? c + i : out_channels - 1;
            rows[i] = conv->weights + channels[i] * depth;
            for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
                sums[i][pixel] = conv->bias[channels[i]];
            }
        }
        multiply_block(rows, columns, depth, sums);
        for (int32_t i = 0; i < CHANNELS; i++) {
            for (int32_t pixel = 0; pixel < PIXELS; pixel++) {
                output[pixel * out_channels + channels[i]] = clamp(conv, sums[i][pixel]);
            }
        }
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
