/* float32 pooling. Places off the image do not count. May run in place like pool_s8.c. */
#include <float.h>

#include "pool.h"

static float clamp(const kernels_pool_f32_t *pool, float value) {
    value = value < pool->min ? pool->min : value;
    return value > pool->max ? pool->max : value;
}

static float max_channel(const kernels_pool_f32_t *pool, const pool_area_t *area, const float *input) {
    float largest = -FLT_MAX;
    for (int32_t y = 0; y < area->rows; y++) {
        for (int32_t x = 0; x < area->columns; x++) {
            float value = input[x * pool->window.in_channels];
            largest = value > largest ? value : largest;
        }
        input += pool->window.in_width * pool->window.in_channels;
    }
    return clamp(pool, largest);
}

static float average_channel(const kernels_pool_f32_t *pool, const pool_area_t *area, const float *input) {
    float sum = 0.0f;
    for (int32_t y = 0; y < area->rows; y++) {
        for (int32_t x = 0; x < area->columns; x++) {
            sum += input[x * pool->window.in_channels];
        }
        input += pool->window.in_width * pool->window.in_channels;
    }
    return clamp(pool, sum / (float)(area->rows * area->columns));
}

void kernels_max_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output) {
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        for (int32_t c = 0; c < pool->window.in_channels; c++) {
            output[c] = max_channel(pool, &area, input + area.first + c);
        }
        output += pool->window.in_channels;
        gather_advance(&at, &pool->window);
    }
}

void kernels_average_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output) {
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        for (int32_t c = 0; c < pool->window.in_channels; c++) {
            output[c] = average_channel(pool, &area, input + area.first + c);
        }
        output += pool->window.in_channels;
        gather_advance(&at, &pool->window);
    }
}
