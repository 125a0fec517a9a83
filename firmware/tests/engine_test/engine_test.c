/* An engine for tests of the core: what its models compute is one line of Python.
 *
 * echo    8 bytes in, 4 out: output[i] = input[i] + 2 * input[i + 4] + 1. A first byte of MAGIC_FAIL makes it fail,
 *         MAGIC_UNSTABLE adds 1 to output[0] in the first two inferences since boot.
 * big     20000 bytes in, more than a receive window; 600 out: output[i] = sum(input[i::600]).
 * deep    8 bytes in, 3000 out, more than the core keeps: the input and zeros. Fails as echo does. It has more layers
 *         than the core can take.
 * broken  cannot be opened.  wide: more output than the core can take.
 *
 * Every run overwrites the input tensor, as engines may. A fuzzer may give big and deep other inputs, for less work. */
#include <stdbool.h>
#include <string.h>

#include "engine.h"

#define MAGIC_FAIL 0xEE
#define MAGIC_UNSTABLE 0xDD
#ifndef BIG_INPUT_BYTES
#define BIG_INPUT_BYTES 20000
#endif
#define BIG_OUTPUT_BYTES 600
#ifndef DEEP_INPUT_BYTES
#define DEEP_INPUT_BYTES 8
#endif
#define DEEP_OUTPUT_BYTES 3000
#define ARENA_BYTES 32768 /* what `model` can ask for at most */
#ifndef BUSY_STEPS
#define BUSY_STEPS 2000 /* so that every run takes longer than reading the clock of a PC */
#endif
#define SHA256(digit) digit digit digit digit digit digit digit digit
#define SHA256_OF(digit) SHA256(digit digit digit digit digit digit digit digit)

enum { ECHO, BIG, BROKEN, WIDE, DEEP, MODEL_COUNT };

const char engine_name[] = "test";
const char engine_version[] = "1";
const char engine_kernels[] = "reference kernels"; /* with a space, which `info` must encode */

static const engine_model_t models[MODEL_COUNT] = {
    [ECHO] = {"echo", SHA256_OF("0"), ENGINE_UINT8, ENGINE_UINT8, 8, 4, 12, 100, 2},
    [BIG] = {"big", SHA256_OF("1"), ENGINE_INT8, ENGINE_INT16, BIG_INPUT_BYTES, BIG_OUTPUT_BYTES, 20600, 200, 3},
    [BROKEN] = {"broken", SHA256_OF("2"), ENGINE_INT32, ENGINE_FLOAT32, 4, 4, 8, 0, 1},
    [WIDE] = {"wide", SHA256_OF("3"), ENGINE_INT8, ENGINE_INT8, 4, 70000, 8, 0, 1},
    [DEEP] = {"deep", SHA256_OF("4"), ENGINE_INT8, ENGINE_INT8, DEEP_INPUT_BYTES, DEEP_OUTPUT_BYTES, 8, 0, 1000},
};

static const char *const layer_ops[] = {"ADD", "CONV_2D", "RESHAPE"};

uint8_t engine_staging[BIG_INPUT_BYTES];
static uint8_t input[BIG_INPUT_BYTES];
static uint8_t output[DEEP_OUTPUT_BYTES];
static uint32_t opened;
static uint32_t inferences;

uint32_t engine_model_count(void) {
    return MODEL_COUNT;
}

const engine_model_t *engine_model(uint32_t index) {
    return &models[index];
}

int engine_open(uint32_t index, uint32_t arena_bytes) {
    opened = index;
    memset(input, 0xA5, sizeof input);
    const bool fits = arena_bytes == ENGINE_ARENA_ALL ||
                      (arena_bytes >= models[index].arena_bytes && arena_bytes <= ARENA_BYTES);
    return index != BROKEN && fits ? ENGINE_OK : ENGINE_ERROR_ARENA;
}

uint8_t *engine_input(void) {
    return input;
}

const uint8_t *engine_output(void) {
    return output;
}

static void compute(uint32_t input_bytes, uint32_t output_bytes) {
    memset(output, 0, output_bytes);
    for (uint32_t i = 0; i < input_bytes; i++) {
        output[i % output_bytes] += input[i];
    }
}

static int run_deep(void) {
    if (input[0] == MAGIC_FAIL) {
        return ENGINE_ERROR_INVOKE;
    }
    compute(DEEP_INPUT_BYTES, DEEP_OUTPUT_BYTES);
    return ENGINE_OK;
}

static int run_echo(void) {
    if (input[0] == MAGIC_FAIL) {
        return ENGINE_ERROR_INVOKE;
    }
    compute(8, 4);
    for (uint32_t i = 0; i < 4; i++) {
        output[i] = (uint8_t)(output[i] + input[i + 4] + 1);
    }
    if (input[0] == MAGIC_UNSTABLE) {
        output[0] = (uint8_t)(output[0] + (inferences <= 2));
    }
    return ENGINE_OK;
}

int engine_invoke(void) {
    int status = ENGINE_OK;
    for (volatile unsigned i = 0; i < BUSY_STEPS; i++) {
    }
    inferences++;
    if (opened == BIG) {
        compute(BIG_INPUT_BYTES, BIG_OUTPUT_BYTES);
    } else if (opened == DEEP) {
        status = run_deep();
    } else {
        status = run_echo();
    }
    memset(input, 0x5A, models[opened].input_bytes);
    return status;
}

int engine_invoke_marked(engine_mark_t mark, void *context) {
    const int status = engine_invoke();
    for (uint32_t layer = 0; status == ENGINE_OK && layer < models[opened].layer_count; layer++) {
        mark(context, layer, layer_ops[layer % 3]);
    }
    return status;
}
