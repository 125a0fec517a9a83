/* Products of int16, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/integer_ops/mul.h has them. */
#include "broadcast.h"
#include "requantize.h"

static inline int32_t multiply_values(const kernels_multiply_s16_t *multiply, int32_t first, int32_t second) {
    int32_t value = (first - multiply->first_zero_point) * (second - multiply->second_zero_point);
    if (multiply->shift < 0) {
        value = requantize_conv_right(value, multiply->multiplier, multiply->shift, multiply->output.zero_point);
    } else {
        value = requantize_scale(value, (int32_t)(multiply->multiplier >> 1), multiply->shift);
        value += multiply->output.zero_point;
    }
    return requantize_clamp(value, &multiply->output);
}

/* Steps of 1 are those of shapes that are alike; as constants they cost nothing. */
static inline void multiply_row(const kernels_multiply_s16_t *multiply, const int16_t *first, int32_t first_step,
                                const int16_t *second, int32_t second_step, int16_t *output) {
    for (int32_t count = multiply->shape.count; count > 0; count--) {
        *output++ = (int16_t)multiply_values(multiply, *first, *second);
        first += first_step;
        second += second_step;
    }
}

void kernels_multiply_s16(const kernels_multiply_s16_t *multiply, const int16_t *first, const int16_t *second,
                        int16_t *output) {
    /* A copy, which no output can overlap. */
    const kernels_multiply_s16_t copy = *multiply;
    const kernels_broadcast_t *shape = &multiply->shape;
    first = multiply->first ? multiply->first : first;
    second = multiply->second ? multiply->second : second;
    broadcast_place_t at = {0};
    do {
        if (shape->first_step && shape->second_step) {
            multiply_row(&copy, first + at.first, 1, second + at.second, 1, output);
        } else {
            multiply_row(&copy, first + at.first, shape->first_step, second + at.second, shape->second_step, output);
        }
        output += shape->count;
    } while (broadcast_next(shape, &at));
}
