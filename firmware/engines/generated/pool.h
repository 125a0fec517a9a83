/* The part of a pooling window that lies on the image, walked pixel by pixel; places off the image do not count.
 *
 * The first pixel is copied to the output and the others are combined with it there. Windows only move forward, and
 * without padding none begins before its own output, so that a pool may run in place: a pixel that is overwritten is
 * the first of its window, or was in none but earlier ones. */
#ifndef MCUBENCH_POOL_H
#define MCUBENCH_POOL_H

#include "gather.h"

typedef struct pool_area {
    int32_t first; /* index of channel 0 of the first pixel */
    int32_t rows;
    int32_t columns;
    int32_t place; /* the same of the pixel that pool_next went to */
    int32_t row;
    int32_t column;
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
    int32_t first = (top * window->in_width + left) * window->in_channels;
    pool_area_t area = {
        .first = first,
        .rows = pool_smaller(y + window->kernel_height, window->in_height) - top,
        .columns = pool_smaller(x + window->kernel_width, window->in_width) - left,
        .place = first,
    };
    return area;
}

/* Goes to the next pixel; false if there is none. */
static inline bool pool_next(const kernels_window_t *window, pool_area_t *area) {
    area->place += window->in_channels;
    if (++area->column == area->columns) {
        area->column = 0;
        area->row++;
        area->place = area->first + area->row * window->in_width * window->in_channels;
    }
    return area->row < area->rows;
}

#endif
