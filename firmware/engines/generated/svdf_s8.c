/* SVDF (google-ai-edge/LiteRT, tflite/kernels/internal/reference/svdf.h, EvalIntegerSVDF). */
#include <string.h>

#include "dot.h"
#include "requantize.h"

static int32_t clamp(int32_t value, int32_t low, int32_t high) {
    value = value < low ? low : value;
    return value > high ? high : value;
}

/* Moves a filter's memory on by one number, and returns it weighed. */
static int32_t run_filter(const kernels_svdf_s8_t *svdf, int32_t filter, const int8_t *input, int16_t *state,
                          int32_t sum) {
    const int32_t memory = svdf->memory;
    int32_t value = dot_s8(svdf->features + filter * svdf->inputs, input, svdf->inputs, svdf->offsets[filter]);
    value = requantize_scale(value, svdf->feature_multiplier, svdf->feature_shift);
    state += filter * memory;
    memmove(state, state + 1, (size_t)(memory - 1) * sizeof(*state));
    state[memory - 1] = (int16_t)clamp(value, INT16_MIN, INT16_MAX);
    return dot_s16(svdf->times + filter * memory, state, memory, sum);
}

void kernels_svdf_s8(const kernels_svdf_s8_t *svdf, const int8_t *input, int8_t *output, int16_t *state) {
    int32_t filter = 0;
    for (int32_t unit = 0; unit < svdf->units; unit++) {
        int32_t sum = svdf->bias[unit];
        for (int32_t end = filter + svdf->rank; filter < end; filter++) {
            sum = run_filter(svdf, filter, input, state, sum);
        }
        sum = requantize_scale(sum, svdf->output_multiplier, svdf->output_shift) + svdf->output_zero_point;
        output[unit] = (int8_t)clamp(sum, INT8_MIN, INT8_MAX);
    }
}
