/* Copies with strides: slices, joins, pads and transpositions are all this. */
#include <string.h>

#include "kernels.h"
#include "loops.h"

/* A size that the compiler knows makes memcpy() a load and a store. */
#define COPY_RUNS(bytes)                                                                                               \
    for (int32_t i = 0; i < count; i++) {                                                                              \
        memcpy(output + i * output_step, input + i * input_step, bytes);                                               \
    }

/* The innermost loop. */
static void copy_runs(const kernels_copy_t *copy, const uint8_t *input, uint8_t *output) {
    const int32_t count = copy->loops[LOOPS_COUNT];
    const int32_t input_step = copy->loops[LOOPS_INPUT_STEP];
    const int32_t output_step = copy->loops[LOOPS_OUTPUT_STEP];
    switch (copy->run_bytes) {
    case 1:
        COPY_RUNS(1)
        break;
    case 2:
        COPY_RUNS(2)
        break;
    case 4:
        COPY_RUNS(4)
        break;
    default:
        COPY_RUNS((size_t)copy->run_bytes)
        break;
    }
}

void kernels_copy(const kernels_copy_t *copy, const uint8_t *input, uint8_t *output) {
    loops_position_t at = {.input = copy->input_offset, .output = copy->output_offset};
    do {
        copy_runs(copy, input + at.input, output + at.output);
    } while (loops_next(copy->loops, 1, copy->depth, &at));
}

void kernels_copy_constant(const kernels_copy_t *copy, uint8_t *output) {
    kernels_copy(copy, copy->values, output);
}

void kernels_fill(const kernels_fill_t *fill, uint8_t *output) {
    const int32_t bytes = fill->element_bytes;
    if (bytes == 1) {
        memset(output, (int)fill->value, (size_t)fill->count);
        return;
    }
    for (int32_t i = 0; i < fill->count; i++) {
        /* Little-endian: the value's low half comes first. */
        memcpy(output + i * bytes, &fill->value, (size_t)bytes);
    }
}
