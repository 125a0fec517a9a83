#include "requantize_dsp.h"

void requantize_limit(const kernels_output_s8_t *output, int32_t count, int8_t *values) {
    const int32_t min = output->min;
    const int32_t max = output->max;
    for (int32_t i = 0; i < count; i++) {
        int32_t value = values[i] < min ? min : values[i];
        values[i] = (int8_t)(value > max ? max : value);
    }
}
