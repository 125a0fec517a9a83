/* Walks two operands row by row (kernels_broadcast_t). */
#ifndef MCUBENCH_BROADCAST_H
#define MCUBENCH_BROADCAST_H

#include <stdbool.h>

#include "kernels_elementwise.h"

/* Where the operands' rows begin. */
typedef struct broadcast_place {
    int32_t first;
    int32_t second;
    int32_t done[KERNELS_BROADCAST_OUTER]; /* passes of each loop */
} broadcast_place_t;

/* Goes to the next row; false if there is none. */
static inline bool broadcast_next(const kernels_broadcast_t *shape, broadcast_place_t *at) {
    for (int32_t level = 0; level < KERNELS_BROADCAST_OUTER; level++) {
        if (++at->done[level] < shape->sizes[level]) {
            at->first += shape->first_strides[level];
            at->second += shape->second_strides[level];
            return true;
        }
        at->done[level] = 0;
        at->first -= (shape->sizes[level] - 1) * shape->first_strides[level];
        at->second -= (shape->sizes[level] - 1) * shape->second_strides[level];
    }
    return false;
}

#endif
