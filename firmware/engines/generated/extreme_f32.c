/* The smaller or the larger of two float32 values. */
#include "broadcast.h"

void kernels_extreme_f32(const kernels_extreme_f32_t *extreme, const float *first, const float *second,
                        float *output) {
    const kernels_broadcast_t *shape = &extreme->shape;
    const bool largest = extreme->largest != 0;
    first = extreme->first ? extreme->first : first;
    second = extreme->second ? extreme->second : second;
    broadcast_place_t at = {0};
    do {
        const float *a = first + at.first;
        const float *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = (*a > *b) == largest ? *a : *b;
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
