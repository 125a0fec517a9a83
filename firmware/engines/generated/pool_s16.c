/* int16 pooling (see pool.h). */
#include <string.h>

#include "pool.h"

static int16_t clamp(const kernels_pool_s16_t *pool, int32_t value) {
    value = value < pool->min ? pool->min : value;
    return (int16_t)(value > pool->max ? pool->max : value);
}

static void take_larger(int16_t *values, const int16_t *pixel, int32_t channels) {
    for (int32_t c = 0; c < channels; c++) {
        values[c] = pixel[c] > values[c] ? pixel[c] : values[c];
    }
}

void kernels_max_pool_s16(const kernels_pool_s16_t *pool, const int16_t *input, int16_t *output) {
    const int32_t channels = pool->window.in_channels;
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        memmove(output, input + area.first, (size_t)channels * sizeof(int16_t));
        while (pool_next(&pool->window, &area)) {
            take_larger(output, input + area.place, channels);
        }
        for (int32_t c = 0; c < channels; c++) {
            output[c] = clamp(pool, output[c]);
        }
        output += channels;
        gather_advance(&at, &pool->window);
    }
}

/* Rounds half away from zero, like the reference kernel. */
static int16_t average_channel(const kernels_pool_s16_t *pool, const pool_area_t *area, const int16_t *input) {
    int32_t count = area->rows * area->columns;
    int32_t sum = 0;
    for (int32_t y = 0; y < area->rows; y++) {
        for (int32_t x = 0; x < area->columns; x++) {
            sum += input[x * pool->window.in_channels];
        }
        input += pool->window.in_width * pool->window.in_channels;
    }
    return clamp(pool, (sum > 0 ? sum + count / 2 : sum - count / 2) / count);
}

void kernels_average_pool_s16(const kernels_pool_s16_t *pool, const int16_t *input, int16_t *output) {
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
