/* No engine and no models: an image of the harness alone, to see what it costs in flash and RAM. */
#include "engine.h"

const char engine_name[] = "none";
const char engine_version[] = "0";
const char engine_kernels[] = "none";

uint8_t engine_staging[1];

uint32_t engine_model_count(void) {
    return 0;
}

/* Never called: there is no index to call it with. */
const engine_model_t *engine_model(uint32_t index) {
    (void)index;
    return NULL;
}

int engine_open(uint32_t index, uint32_t arena_bytes) {
    (void)index;
    (void)arena_bytes;
    return ENGINE_ERROR_MODEL;
}

uint8_t *engine_input(void) {
    return engine_staging;
}

const uint8_t *engine_output(void) {
    return engine_staging;
}

int engine_invoke(void) {
    return ENGINE_ERROR_MODEL;
}

int engine_invoke_marked(engine_mark_t mark, void *context) {
    (void)mark;
    (void)context;
    return ENGINE_ERROR_MODEL;
}
