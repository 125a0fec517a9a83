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
bool broadcast_next(const kernels_broadcast_t *shape, broadcast_place_t *at);

#endif
