/* Sums and differences of float32. */
#include "broadcast.h"

void kernels_add_f32(const kernels_add_f32_t *add, const float *first, const float *second, float *output) {
    const kernels_broadcast_t *shape = &add->shape;
    first = add->first ? add->first : first;
    second = add->second ? add->second : second;
    broadcast_place_t at = {0};
    do {
        const float *a = first + at.first;
        const float *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            float value = *a + *b * add->second_factor;
            value = value < add->min ? add->min : value;
            *output++ = value > add->max ? add->max : value;
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
