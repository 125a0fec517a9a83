/* Collects the input values under one position of a convolution window into one contiguous column. */
#ifndef MCUBENCH_GATHER_H
#define MCUBENCH_GATHER_H

#include <stdbool.h>
#include <stddef.h>

#include "kernels.h"

/* The output pixel that a kernel is at: counts through rows without divisions. */
typedef struct gather_position {
    int32_t y;
    int32_t x;
} gather_position_t;

static inline void gather_advance(gather_position_t *at, const kernels_window_t *window) {
    if (++at->x == window->out_width) {
        at->x = 0;
        at->y++;
    }
}

/* True if a column is just the channels of one pixel, so that nothing needs to be copied. */
static inline bool gather_is_pointwise(const kernels_window_t *window) {
    return window->kernel_height == 1 && window->kernel_width == 1;
}

/* Index of the first channel of the one pixel under a pointwise window, which SAME padding never moves off the image. */
static inline int32_t gather_pixel(const kernels_window_t *window, const gather_position_t *at) {
    return (at->y * window->stride_height * window->in_width + at->x * window->stride_width) * window->in_channels;
}

/* Copies elements of `element_bytes` to `column` in the order kernel row, kernel column, channel. Places off the image
 * become bytes of `fill`. */
void gather_column(const kernels_window_t *window, const gather_position_t *at, const void *input, size_t element_bytes,
                   uint8_t fill, void *column);

#endif
