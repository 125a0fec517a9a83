/* float32 pooling, pixel by pixel into the output (see pool.h). */
#include "pool.h"

static void clamp(const kernels_pool_f32_t *pool, float factor, float *values) {
    for (int32_t c = 0; c < pool->window.in_channels; c++) {
        float value = values[c] * factor;
        value = value < pool->min ? pool->min : value;
        values[c] = value > pool->max ? pool->max : value;
    }
}

static void copy(float *values, const float *pixel, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        values[c] = pixel[c];
    }
}

static void take_larger(float *values, const float *pixel, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        values[c] = pixel[c] > values[c] ? pixel[c] : values[c];
    }
}

static void add(float *values, const float *pixel, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        values[c] += pixel[c];
    }
}

void kernels_max_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output) {
    const int32_t channels = pool->window.in_channels;
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        copy(output, input + area.first, channels);
        while (pool_next(&pool->window, &area)) {
            take_larger(output, input + area.place, channels);
        }
        clamp(pool, 1.0f, output);
        output += channels;
        gather_advance(&at, &pool->window);
    }
}

void kernels_average_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output) {
    const int32_t channels = pool->window.in_channels;
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        copy(output, input + area.first, channels);
        while (pool_next(&pool->window, &area)) {
            add(output, input + area.place, channels);
        }
        clamp(pool, 1.0f / (float)(area.rows * area.columns), output);
        output += channels;
        gather_advance(&at, &pool->window);
    }
}
