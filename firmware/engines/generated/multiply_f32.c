/* Products of float32. */
#include "broadcast.h"

void kernels_multiply_f32(const kernels_multiply_f32_t *multiply, const float *first, const float *second,
                          float *output) {
    const kernels_broadcast_t *shape = &multiply->shape;
    first = multiply->first ? multiply->first : first;
    second = multiply->second ? multiply->second : second;
    broadcast_place_t at = {0};
    do {
        const float *a = first + at.first;
        const float *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            float value = *a * *b;
            value = value < multiply->min ? multiply->min : value;
            *output++ = value > multiply->max ? multiply->max : value;
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
