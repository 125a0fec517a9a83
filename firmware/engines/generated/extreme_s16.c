/* The smaller or the larger of two int16 values. */
#include "broadcast.h"

void kernels_extreme_s16(const kernels_extreme_s16_t *extreme, const int16_t *first, const int16_t *second,
                        int16_t *output) {
    const kernels_broadcast_t *shape = &extreme->shape;
    const bool largest = extreme->largest != 0;
    first = extreme->first ? extreme->first : first;
    second = extreme->second ? extreme->second : second;
    broadcast_place_t at = {0};
    do {
        const int16_t *a = first + at.first;
        const int16_t *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = (*a > *b) == largest ? *a : *b;
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
