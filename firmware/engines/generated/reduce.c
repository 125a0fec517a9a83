/* Reductions: for each output, a pass over the elements of the input that it stands for, in the order of the reference
 * kernels (google-ai-edge/LiteRT, tflite/kernels/internal/reference/reduce.h). */
#include "loops.h"
#include "requantize.h"

/* Adds up what an output stands for: the innermost loop, and those around it. */
#define SUM_ELEMENTS(name, element, total)                                                                             \
    static total name(const kernels_reduce_t *over, const element *input) {                                            \
        const int32_t count = over->reduced[LOOPS_COUNT];                                                              \
        const int32_t step = over->reduced[LOOPS_INPUT_STEP];                                                          \
        loops_position_t at = {.input = 0};                                                                            \
        total sum = 0;                                                                                                 \
        do {                                                                                                           \
            for (int32_t i = 0; i < count; i++) {                                                                      \
                sum += input[at.input + i * step];                                                                     \
            }                                                                                                          \
        } while (loops_next(over->reduced, 1, over->reduced_depth, &at));                                              \
        return sum;                                                                                                    \
    }

SUM_ELEMENTS(sum_s8, int8_t, int32_t)
SUM_ELEMENTS(sum_s16, int16_t, int32_t)
SUM_ELEMENTS(sum_f32, float, float)

static int32_t scale_sum(const kernels_mean_t *mean, int32_t sum) {
    return requantize_scale(sum - mean->offset, mean->multiplier, mean->shift) + mean->output_zero_point;
}

void kernels_mean_s8(const kernels_mean_t *mean, const int8_t *input, int8_t *output) {
    loops_position_t at = {.input = 0};
    do {
        int32_t value = scale_sum(mean, sum_s8(&mean->over, input + at.input));
        value = value < INT8_MIN ? INT8_MIN : value;
        *output++ = (int8_t)(value > INT8_MAX ? INT8_MAX : value);
    } while (loops_next(mean->over.kept, 0, mean->over.kept_depth, &at));
}

void kernels_mean_s16(const kernels_mean_t *mean, const int16_t *input, int16_t *output) {
    loops_position_t at = {.input = 0};
    do {
        int32_t value = scale_sum(mean, sum_s16(&mean->over, input + at.input));
        value = value < INT16_MIN ? INT16_MIN : value;
        *output++ = (int16_t)(value > INT16_MAX ? INT16_MAX : value);
    } while (loops_next(mean->over.kept, 0, mean->over.kept_depth, &at));
}

void kernels_mean_f32(const kernels_mean_f32_t *mean, const float *input, float *output) {
    loops_position_t at = {.input = 0};
    do {
        *output++ = sum_f32(&mean->over, input + at.input) / mean->divisor;
    } while (loops_next(mean->over.kept, 0, mean->over.kept_depth, &at));
}

#define LARGEST_ELEMENTS(name, element)                                                                                \
    void name(const kernels_reduce_t *over, const element *input, element *output) {                                   \
        loops_position_t outer = {.input = 0};                                                                         \
        do {                                                                                                           \
            element largest = input[outer.input];                                                                      \
            loops_position_t inner = {.input = outer.input};                                                           \
            do {                                                                                                       \
                element value = input[inner.input];                                                                    \
                largest = value > largest ? value : largest;                                                           \
            } while (loops_next(over->reduced, 0, over->reduced_depth, &inner));                                       \
            *output++ = largest;                                                                                       \
        } while (loops_next(over->kept, 0, over->kept_depth, &outer));                                                 \
    }

LARGEST_ELEMENTS(kernels_largest_s8, int8_t)
LARGEST_ELEMENTS(kernels_largest_s16, int16_t)
LARGEST_ELEMENTS(kernels_largest_f32, float)
