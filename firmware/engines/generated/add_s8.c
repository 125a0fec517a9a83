/* Sums and differences of int8. */
#include "add.h"
#include "broadcast.h"
#include "lanes.h"

static void add_row(const kernels_add_scale_t *scale, int32_t count, const int8_t *first, int32_t first_step,
                    const int8_t *second, int32_t second_step, int8_t *output) {
    for (; count > 0; count--) {
        *output++ = (int8_t)requantize_clamp(add_values(scale, *first, *second), &scale->output);
        first += first_step;
        second += second_step;
    }
}

#if MCUBENCH_KERNELS_DSP

/* What whole words hold of a row in which both operands move and nothing is subtracted; returns how much that is. */
static int32_t add_words(const kernels_add_scale_t *scale, int32_t count, const int8_t *first, const int8_t *second,
                         int8_t *output) {
    const int32_t first_factor = scale->first_factor;
    const int32_t second_factor = scale->second_factor;
    const int32_t second_offset = scale->second_offset;
    const uint32_t second_multiplier = scale->second_multiplier;
    const int32_t second_shift = scale->second_shift;
    const int32_t first_offset = scale->first_offset;
    const uint32_t multiplier = scale->multiplier;
    const int32_t shift = scale->shift;
    const int32_t zero_point = scale->output.zero_point;
    const uint32_t min = lanes_fill(scale->output.min);
    const uint32_t max = lanes_fill(scale->output.max);
    int32_t done = 0;
    for (; done + 4 <= count; done += 4) {
        uint32_t a = dsp_load(first + done);
        uint32_t b = dsp_load(second + done);
        int32_t sums[4];
        for (uint32_t lane = 0; lane < 4; lane++) {
            int32_t sum = lanes_get(b, lane) * second_factor + second_offset;
            sum = requantize_conv_right(sum, second_multiplier, second_shift, first_offset);
            sum += lanes_get(a, lane) * first_factor;
            sums[lane] = requantize_conv_right(sum, multiplier, shift, zero_point);
        }
        dsp_store(output + done, lanes_pack(sums, min, max));
    }
    return done;
}

#endif

void kernels_add_s8(const kernels_add_s8_t *add, const int8_t *first, const int8_t *second, int8_t *output) {
    const kernels_broadcast_t *shape = &add->shape;
    /* A copy, which no output can overlap. */
    const kernels_add_scale_t scale = add->scale;
#if MCUBENCH_KERNELS_DSP
    const bool has_words = shape->first_step && shape->second_step && scale.second_sign > 0;
#endif
    first = add->first ? add->first : first;
    second = add->second ? add->second : second;
    broadcast_place_t at = {0};
    do {
        const int8_t *a = first + at.first;
        const int8_t *b = second + at.second;
        int32_t done = 0;
#if MCUBENCH_KERNELS_DSP
        done = has_words ? add_words(&scale, shape->count, a, b, output) : 0;
#endif
        add_row(&scale, shape->count - done, a + done, shape->first_step, b + done, shape->second_step, output + done);
        output += shape->count;
    } while (broadcast_next(shape, &at));
}
