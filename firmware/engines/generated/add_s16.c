/* Sums and differences of int16. */
#include "add.h"
#include "broadcast.h"

void kernels_add_s16(const kernels_add_s16_t *add, const int16_t *first, const int16_t *second, int16_t *output) {
    const kernels_broadcast_t *shape = &add->shape;
    first = add->first ? add->first : first;
    second = add->second ? add->second : second;
    broadcast_place_t at = {0};
    do {
        const int16_t *a = first + at.first;
        const int16_t *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = (int16_t)requantize_clamp(add_values(&add->scale, *a, *b), &add->scale.output);
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
