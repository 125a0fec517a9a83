#include "broadcast.h"

bool broadcast_next(const kernels_broadcast_t *shape, broadcast_place_t *at) {
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
