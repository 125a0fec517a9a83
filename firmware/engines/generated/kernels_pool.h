/* Pools. */
#ifndef MCUBENCH_KERNELS_POOL_H
#define MCUBENCH_KERNELS_POOL_H

#include "kernels_types.h"

typedef struct kernels_pool_s8 {
    kernels_window_t window;
    int32_t min;
    int32_t max;
} kernels_pool_s8_t;

typedef struct kernels_pool_f32 {
    kernels_window_t window;
    float min;
    float max;
} kernels_pool_f32_t;

/* Pools may run in place if there is no padding. */
void kernels_max_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output);
void kernels_max_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output);
void kernels_average_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output);
void kernels_average_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output);

#endif
