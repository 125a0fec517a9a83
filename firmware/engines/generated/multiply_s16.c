/* Products of int16, whose zero points are 0, as google-ai-edge/LiteRT,
 * tflite/kernels/internal/reference/integer_ops/mul.h has them. */
#include "broadcast.h"
#include "requantize.h"

static inline int32_t multiply_values(const kernels_multiply_s16_t *multiply, int32_t first, int32_t second) {
    int32_t value = first * second;
    if (multiply->shift < 0) {
        value = requantize_conv_right(value, multiply->multiplier, multiply->shift, 0);
    } else {
        value = requantize_scale(value, (int32_t)(multiply->multiplier >> 1), multiply->shift);
    }
    return value;
}

void kernels_multiply_s16(const kernels_multiply_s16_t *multiply, const int16_t *first, const int16_t *second,
                          int16_t *output) {
    const kernels_broadcast_t *shape = &multiply->shape;
    first = multiply->first ? multiply->first : first;
    second = multiply->second ? multiply->second : second;
    broadcast_place_t at = {0};
    do {
        const int16_t *a = first + at.first;
        const int16_t *b = second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = (int16_t)requantize_clamp(multiply_values(multiply, *a, *b), &multiply->output);
            a += shape->first_step;
            b += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
