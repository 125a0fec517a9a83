#include "bench.h"

#include "port.h"

#define OVERHEAD_READINGS 32

/* The whole cost of profiling a layer: engines keep nothing of their own per layer. */
_Static_assert(sizeof(bench_layer_t) <= 16, "the profiler takes at most 16 bytes per layer");

static uint32_t overhead_cycles;

/* The least of several readings, because the first ones also fetch their own code. */
void bench_measure_overhead(void) {
    overhead_cycles = UINT32_MAX;
    for (unsigned i = 0; i < OVERHEAD_READINGS; i++) {
        const uint32_t start = port_cycles();
        const uint32_t stop = port_cycles();
        if (stop - start < overhead_cycles) {
            overhead_cycles = stop - start;
        }
    }
}

uint32_t bench_overhead_cycles(void) {
    return overhead_cycles;
}

/* Cycles between two readings without the cost of reading, 0 if nothing is left. */
static uint32_t span_cycles(uint32_t start, uint32_t stop) {
    const uint32_t span = stop - start;
    return span > overhead_cycles ? span - overhead_cycles : 0;
}

/* No inference is done within the cost of a reading: then the counter stands still, and that is no measurement. */
static int judge(int status, uint32_t cycles) {
    return status == ENGINE_OK && cycles == 0 ? BENCH_COUNTER_STUCK : status;
}

int bench_invoke(uint32_t *cycles) {
    port_watchdog_kick();
    port_window_mark(true);
    const uint32_t start = port_cycles();
    const int status = engine_invoke();
    const uint32_t stop = port_cycles();
    port_window_mark(false);
    *cycles = span_cycles(start, stop);
    return judge(status, *cycles);
}

/* Reads the counter on entry and on exit, so that a layer's cycles hold nothing of the marking itself. */
static void mark_layer(void *context, uint32_t layer, const char *op) {
    const uint32_t now = port_cycles();
    bench_pass_t *pass = context;
    if (layer < pass->capacity) {
        pass->layers[layer] = (bench_layer_t){op, span_cycles(pass->last, now)};
        pass->count = layer + 1;
    }
    pass->last = port_cycles();
}

int bench_invoke_marked(bench_pass_t *pass, uint32_t *cycles) {
    pass->count = 0;
    port_watchdog_kick();
    port_window_mark(true);
    const uint32_t start = port_cycles();
    pass->last = start;
    const int status = engine_invoke_marked(mark_layer, pass);
    const uint32_t stop = port_cycles();
    port_window_mark(false);
    *cycles = span_cycles(start, stop);
    return judge(status, *cycles);
}
