/* Opens models and runs inferences, as the requests at its stops say, and times them with SysTick: the Cortex-M0 has no
 * cycle counter of its own. */
#include <stddef.h>

#include "bare.h"
#include "systick.h"

bare_mailbox_t bare;

const bare_facts_t bare_facts = {engine_name, engine_version, engine_kernels};

/* What the other side reads of a model, at these places. */
_Static_assert(sizeof(enum engine_type) == 1, "the types of tensors are bytes");
_Static_assert(offsetof(engine_model_t, input_type) == 8, "after two pointers");
_Static_assert(offsetof(engine_model_t, input_bytes) == 12 && sizeof(engine_model_t) == 32, "then words");

static int status_after(uint32_t stop, int status) {
    return stop == SYSTICK_RUN_OUT ? BARE_TOO_LONG : status;
}

static void open_model(void) {
    bare.status = engine_open(bare.index, ENGINE_ARENA_ALL);
    if (bare.status == ENGINE_OK) {
        bare.model = engine_model(bare.index);
        bare.input = engine_input();
        bare.output = engine_output();
    }
}

static void run(void) {
    systick_restart();
    int status = engine_invoke();
    uint32_t stop = systick_elapsed();

    bare.cycles = stop - bare.overhead_cycles;
    bare.status = status_after(stop, status);
}

static void mark(void *context, uint32_t layer, const char *op) {
    uint32_t stop = systick_elapsed();
    (void)context;
    (void)layer;
    bare.cycles = stop;
    bare.op = op;
    bare.status = status_after(stop, BARE_MARK);
    bare_stop();
}

static void run_marked(void) {
    systick_restart();
    int status = engine_invoke_marked(mark, NULL);
    uint32_t stop = systick_elapsed();

    bare.cycles = stop;
    bare.status = status_after(stop, status);
}

int main(void) {
    systick_restart();
    bare.overhead_cycles = systick_elapsed();
    for (;;) {
        bare_stop();
        if (bare.request == BARE_OPEN) {
            open_model();
        } else if (bare.request == BARE_RUN) {
            run();
        } else if (bare.request == BARE_RUN_MARKED) {
            run_marked();
        }
    }
}
