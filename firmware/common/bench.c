#include "bench.h"

#include "port.h"

#define OVERHEAD_READINGS 16

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

uint32_t bench_span_cycles(uint32_t start, uint32_t stop) {
    const uint32_t span = stop - start;
    return span > overhead_cycles ? span - overhead_cycles : 0;
}

/* No inference is done within the cost of a reading: then the counter stands still, and that is no measurement. */
static int judge(int status, uint32_t cycles) {
    return status == ENGINE_OK && cycles == 0 ? BENCH_COUNTER_STUCK : status;
}

int bench_invoke(uint32_t *cycles) {
    port_window_mark(true);
    const uint32_t start = port_cycles();
    const int status = engine_invoke();
    const uint32_t stop = port_cycles();
    port_window_mark(false);
    *cycles = bench_span_cycles(start, stop);
    return judge(status, *cycles);
}

int bench_invoke_marked(engine_mark_t mark, void *context, uint32_t *cycles) {
    port_window_mark(true);
    const uint32_t start = port_cycles();
    const int status = engine_invoke_marked(mark, context);
    const uint32_t stop = port_cycles();
    port_window_mark(false);
    *cycles = bench_span_cycles(start, stop);
    return judge(status, *cycles);
}
