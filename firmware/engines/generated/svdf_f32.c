/* SVDF in float32. */
#include <string.h>

#include "dot.h"
#include "kernels.h"

void kernels_svdf_f32(const kernels_svdf_f32_t *svdf, const float *input, float *output, float *state) {
    const int32_t memory = svdf->memory;
    const float *features = svdf->features;
    const float *times = svdf->times;
    for (int32_t unit = 0; unit < svdf->units; unit++) {
        float sum = svdf->bias[unit];
        for (int32_t filter = 0; filter < svdf->rank; filter++) {
            memmove(state, state + 1, (size_t)(memory - 1) * sizeof(*state));
            state[memory - 1] = dot_f32(features, input, svdf->inputs, 0.0f);
            sum = dot_f32(times, state, memory, sum);
            features += svdf->inputs;
            times += memory;
            state += memory;
        }
        sum = sum < svdf->min ? svdf->min : sum;
        output[unit] = sum > svdf->max ? svdf->max : sum;
    }
}
