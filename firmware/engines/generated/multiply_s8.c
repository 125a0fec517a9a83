/* Products of int8, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/integer_ops/mul.h has them. */
#include "broadcast.h"
#include "lanes.h"
#include "requantize.h"

static inline int32_t multiply_values(const kernels_multiply_s8_t *multiply, int32_t first, int32_t second) {
    int32_t value = (first - multiply->first_zero_point) * (second - multiply->second_zero_point);
    if (multiply->shift < 0) {
        value = requantize_conv_right(value, multiply->multiplier, multiply->shift, multiply->output.zero_point);
    } else {
        value = requantize_scale(value, (int32_t)(multiply->multiplier >> 1), multiply->shift);
        value += multiply->output.zero_point;
    }
    return value;
}

static void multiply_row(const kernels_multiply_s8_t *multiply, int32_t count, const int8_t *first,
                         const int8_t *second, int8_t *output) {
    for (; count > 0; count--) {
        *output++ = (int8_t)requantize_clamp(multiply_values(multiply, *first, *second), &multiply->output);
        first += multiply->shape.first_step;
        second += multiply->shape.second_step;
    }
}

#if MCUBENCH_KERNELS_DSP

/* What whole words hold of a row in which both operands move; returns how much that is. */
static int32_t multiply_words(const kernels_multiply_s8_t *multiply, const int8_t *first, const int8_t *second,
                              int8_t *output) {
    const int32_t first_zero = multiply->first_zero_point;
    const int32_t second_zero = multiply->second_zero_point;
    const uint32_t multiplier = multiply->multiplier;
    const int32_t shift = multiply->shift;
    const int32_t zero_point = multiply->output.zero_point;
    const uint32_t min = lanes_fill(multiply->output.min);
    const uint32_t max = lanes_fill(multiply->output.max);
    int32_t done = 0;
    for (; done + 4 <= multiply->shape.count; done += 4) {
        uint32_t a = dsp_load(first + done);
        uint32_t b = dsp_load(second + done);
        int32_t products[4];
        for (uint32_t lane = 0; lane < 4; lane++) {
            int32_t product = (lanes_get(a, lane) - first_zero) * (lanes_get(b, lane) - second_zero);
            products[lane] = requantize_conv_right(product, multiplier, shift, zero_point);
        }
        dsp_store(output + done, lanes_pack(products, min, max));
    }
    return done;
}

#endif

void kernels_multiply_s8(const kernels_multiply_s8_t *multiply, const int8_t *first, const int8_t *second,
                         int8_t *output) {
    /* A copy, which no output can overlap. */
    const kernels_multiply_s8_t copy = *multiply;
    const kernels_broadcast_t *shape = &copy.shape;
    first = copy.first ? copy.first : first;
    second = copy.second ? copy.second : second;
#if MCUBENCH_KERNELS_DSP
    const bool has_words = shape->first_step && shape->second_step && copy.shift < 0;
#endif
    broadcast_place_t at = {0};
    do {
        const int8_t *a = first + at.first;
        const int8_t *b = second + at.second;
        int32_t done = 0;
#if MCUBENCH_KERNELS_DSP
        done = has_words ? multiply_words(&copy, a, b, output) : 0;
#endif
        multiply_row(&copy, shape->count - done, a + done, b + done, output + done);
        output += shape->count;
    } while (broadcast_next(shape, &at));
}
