/* The engine contract over the models that `mcubench codegen` has written. */
#include "engine.h"

#include "dsp.h"
#include "generated.h"

const char engine_name[] = "generated";
const char engine_version[] = "1";
#if MCUBENCH_KERNELS_DSP
const char engine_kernels[] = "dsp";
#else
const char engine_kernels[] = "c";
#endif

static const generated_model_t *open_model;

uint32_t engine_model_count(void) {
    return generated_model_count;
}

const engine_model_t *engine_model(uint32_t index) {
    return index < generated_model_count ? &generated_models[index]->info : NULL;
}

/* The plan is static: it needs what it needs, wherever it lies. */
int engine_open(uint32_t index, uint32_t arena_bytes) {
    if (index >= generated_model_count) {
        return ENGINE_ERROR_MODEL;
    }
    if (arena_bytes != ENGINE_ARENA_ALL &&
        (arena_bytes < generated_models[index]->info.arena_bytes || arena_bytes > generated_arena_bytes)) {
        return ENGINE_ERROR_ARENA;
    }
    open_model = generated_models[index];
    return ENGINE_OK;
}

uint8_t *engine_input(void) {
    return generated_arena + open_model->input_offset;
}

const uint8_t *engine_output(void) {
    return generated_arena + open_model->output_offset;
}

static void reset_states(void) {
    if (open_model->reset != NULL) {
        open_model->reset(generated_arena);
    }
}

int engine_invoke(void) {
    const generated_layer_t *layers = open_model->layers;
    reset_states();
    for (uint32_t layer = 0; layer < open_model->info.layer_count; layer++) {
        if (layers[layer].run != NULL) {
            layers[layer].run(generated_arena);
        }
    }
    return ENGINE_OK;
}

int engine_invoke_marked(engine_mark_t mark, void *context) {
    const generated_layer_t *layers = open_model->layers;
    reset_states();
    for (uint32_t layer = 0; layer < open_model->info.layer_count; layer++) {
        if (layers[layer].run != NULL) {
            layers[layer].run(generated_arena);
        }
        mark(context, layer, layers[layer].op);
    }
    return ENGINE_OK;
}
