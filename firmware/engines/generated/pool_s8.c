/* int8 pooling. Places off the image do not count. Each output is written after its own window was read, and windows
 * only move forward, so that without padding a pool may run in place. */
#include "dsp.h"
#include "pool.h"

static int8_t clamp(const kernels_pool_s8_t *pool, int32_t value) {
    value = value < pool->min ? pool->min : value;
    return (int8_t)(value > pool->max ? pool->max : value);
}

static int8_t max_channel(const kernels_pool_s8_t *pool, const pool_area_t *area, const int8_t *input) {
    int32_t largest = INT8_MIN;
    for (int32_t y = 0; y < area->rows; y++) {
        for (int32_t x = 0; x < area->columns; x++) {
            int32_t value = input[x * pool->window.in_channels];
            largest = value > largest ? value : largest;
        }
        input += pool->window.in_width * pool->window.in_channels;
    }
    return clamp(pool, largest);
}

#if MCUBENCH_KERNELS_DSP

static uint32_t all_lanes(int32_t value) {
    return (uint32_t)(uint8_t)value * 0x01010101u;
}

/* Four channels at once. -max(-a, -b) would overflow at -128, so the minimum is taken as max of the complements. */
static uint32_t max_four_channels(const kernels_pool_s8_t *pool, const pool_area_t *area, const int8_t *input) {
    uint32_t largest = all_lanes(pool->min);
    for (int32_t y = 0; y < area->rows; y++) {
        for (int32_t x = 0; x < area->columns; x++) {
            largest = dsp_max8(largest, dsp_load(input + x * pool->window.in_channels));
        }
        input += pool->window.in_width * pool->window.in_channels;
    }
    return ~dsp_max8(~largest, ~all_lanes(pool->max));
}

static int32_t max_words(const kernels_pool_s8_t *pool, const pool_area_t *area, const int8_t *input, int8_t *output) {
    int32_t c = 0;
    for (; c + 4 <= pool->window.in_channels; c += 4) {
        dsp_store(output + c, max_four_channels(pool, area, input + c));
    }
    return c;
}

#else

static int32_t max_words(const kernels_pool_s8_t *pool, const pool_area_t *area, const int8_t *input, int8_t *output) {
    (void)pool;
    (void)area;
    (void)input;
    (void)output;
    return 0;
}

#endif

void kernels_max_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output) {
    gather_position_t at = {0, 0};
    while (at.y < pool->window.out_height) {
        pool_area_t area = pool_area(&pool->window, &at);
        const int8_t *corner = input + area.first;
        for (int32_t c = max_words(pool, &area, corner, output); c < pool->window.in_channels; c++) {
            output[c] = max_channel(pool, &area, corner + c);
        }
        output += pool->window.in_channels;
        gather_advance(&at, &pool->window);
    }
}

/* Rounds half away from zero, like the reference kernel. */
static int8_t average_channel(const kernels_pool_s8_t *pool, const pool_area_t *area, const int8_t *input) {
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

void kernels_average_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output) {
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
