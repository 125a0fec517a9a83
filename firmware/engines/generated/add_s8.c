/* Sums and differences of int8. */
#include "broadcast.h"
#include "add.h"

/* Steps of 1 are those of shapes that are alike; as constants they cost nothing. */
static inline void add_row(const kernels_add_scale_t *scale, int32_t count, const int8_t *first, int32_t first_step,
                           const int8_t *second, int32_t second_step, int8_t *output) {
    for (; count > 0; count--) {
        *output++ = (int8_t)add_values(scale, *first, *second);
        first += first_step;
        second += second_step;
    }
}

void kernels_add_s8(const kernels_add_s8_t *add, const int8_t *first, const int8_t *second, int8_t *output) {
    const kernels_broadcast_t *shape = &add->shape;
    /* A copy, which no output can overlap. */
    const kernels_add_scale_t scale = add->scale;
    first = add->first ? add->first : first;
    second = add->second ? add->second : second;
    broadcast_place_t at = {0};
    do {
        if (shape->first_step && shape->second_step) {
            add_row(&scale, shape->count, first + at.first, 1, second + at.second, 1, output);
        } else {
            add_row(&scale, shape->count, first + at.first, shape->first_step, second + at.second, shape->second_step,
                    output);
        }
        output += shape->count;
    } while (broadcast_next(shape, &at));
}
