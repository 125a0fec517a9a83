/* The smaller or the larger of two int8 values. */
#include "broadcast.h"
#include "lanes.h"

static void extreme_row(const kernels_extreme_s8_t *extreme, int32_t count, const int8_t *first, const int8_t *second,
                        int8_t *output) {
    const int32_t first_step = extreme->shape.first_step;
    const int32_t second_step = extreme->shape.second_step;
    const bool largest = extreme->largest != 0;
    for (; count > 0; count--) {
        int32_t a = *first;
        int32_t b = *second;
        *output++ = (int8_t)((a > b) == largest ? a : b);
        first += first_step;
        second += second_step;
    }
}

#if MCUBENCH_KERNELS_DSP

/* What whole words hold of a row in which both operands move; returns how much that is. */
static int32_t extreme_words(const kernels_extreme_s8_t *extreme, const int8_t *first, const int8_t *second,
                             int8_t *output) {
    /* The smaller of two is the larger of their complements, -1 - x. */
    const uint32_t flip = extreme->largest ? 0 : 0xFFFFFFFFu;
    const int32_t count = extreme->shape.count;
    int32_t done = 0;
    for (; done + 4 <= count; done += 4) {
        uint32_t a = dsp_load(first + done) ^ flip;
        uint32_t b = dsp_load(second + done) ^ flip;
        dsp_store(output + done, dsp_max8(a, b) ^ flip);
    }
    return done;
}

#endif

void kernels_extreme_s8(const kernels_extreme_s8_t *extreme, const int8_t *first, const int8_t *second,
                        int8_t *output) {
    const kernels_broadcast_t *shape = &extreme->shape;
    first = extreme->first ? extreme->first : first;
    second = extreme->second ? extreme->second : second;
    broadcast_place_t at = {0};
    do {
        const int8_t *a = first + at.first;
        const int8_t *b = second + at.second;
        int32_t done = 0;
#if MCUBENCH_KERNELS_DSP
        done = shape->first_step && shape->second_step ? extreme_words(extreme, a, b, output) : 0;
#endif
        extreme_row(extreme, shape->count - done, a + done, b + done, output + done);
        output += shape->count;
    } while (broadcast_next(shape, &at));
}
