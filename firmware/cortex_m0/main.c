/* Opens models and runs inferences, as the requests at its stops say, and times them with SysTick: the Cortex-M0 has no
 * cycle counter of its own. */
#include <stddef.h>

#include "bare.h"
#include "systick.h"

/* Given by the build as a -D string. */
#ifndef MCUBENCH_BUILD_ID
#define MCUBENCH_BUILD_ID "unknown"
#endif

bare_mailbox_t bare;

const bare_facts_t bare_facts = {engine_name, engine_version, engine_kernels};

const char bare_mark[] = "mcubench-image board=cortex-m0 build=" MCUBENCH_BUILD_ID;

/* What the other side reads of a model, at these places. */
_Static_assert(sizeof(enum engine_type) == 1, "the types of tensors are bytes");
_Static_assert(offsetof(engine_model_t, input_type) == 8, "after two pointers");
_Static_assert(offsetof(engine_model_t, input_bytes) == 12 && sizeof(engine_model_t) == 32, "then words");

static void report(uint32_t start, uint32_t stop, int status) {
    bare.cycles = start - stop - bare.overhead_cycles;
    bare.status = systick_has_run_out() ? BARE_TOO_LONG : status;
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
    uint32_t start = systick_read();
    int status = engine_invoke();
    uint32_t stop = systick_read();
    report(start, stop, status);
}

/* Each layer is timed from a restart of its own, so the stop and what belongs to it are in no layer's time. */
static void mark(void *context, uint32_t layer, const char *op) {
    uint32_t *start = context;
    uint32_t stop = systick_read();
    (void)layer;
    report(*start, stop, BARE_MARK);
    bare.op = op;
    bare_stop();
    systick_restart();
    *start = systick_read();
}

static void run_marked(void) {
    systick_restart();
    uint32_t start = systick_read();
    int status = engine_invoke_marked(mark, &start);
    uint32_t stop = systick_read();
    report(start, stop, status);
}

static uint32_t measure_overhead(void) {
    systick_restart();
    uint32_t start = systick_read();
    uint32_t stop = systick_read();
    return start - stop;
}

int main(void) {
    bare.overhead_cycles = measure_overhead();
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
