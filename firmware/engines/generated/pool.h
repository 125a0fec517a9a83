/* The part of a pooling window that lies on the image. */
#ifndef MCUBENCH_POOL_H
#define MCUBENCH_POOL_H

#include "gather.h"

typedef struct pool_area {
    int32_t first; /* index of channel 0 of the upper left pixel */
    int32_t rows;
    int32_t columns;
} pool_area_t;

static inline int32_t pool_larger(int32_t a, int32_t b) {
    return a > b ? a : b;
}

static inline int32_t pool_smaller(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static inline pool_area_t pool_area(const kernels_window_t *window, const gather_position_t *at) {
    int32_t y = at->y * window->stride_height - window->pad_top;
    int32_t x = at->x * window->stride_width - window->pad_left;
    int32_t top = pool_larger(y, 0);
    int32_t left = pool_larger(x, 0);
    pool_area_t area = {
        .first = (top * window->in_width + left) * window->in_channels,
        .rows = pool_smaller(y + window->kernel_height, window->in_height) - top,
        .columns = pool_smaller(x + window->kernel_width, window->in_width) - left,
    };
    return area;
}

#endif
