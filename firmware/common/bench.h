/* The timed window. */
#ifndef MCUBENCH_BENCH_H
#define MCUBENCH_BENCH_H

#include <stdint.h>

#include "engine.h"

/* Returned beside the engine's own status (0 or negative): the counter showed no time. */
#define BENCH_COUNTER_STUCK 1

/* Measures what reading the counter costs; at start and after every change of the CPU clock. */
void bench_measure_overhead(void);
uint32_t bench_overhead_cycles(void);

/* Runs the open model once. `cycles` is the time of that, less the cost of reading the counter. */
int bench_invoke(uint32_t *cycles);

typedef struct bench_layer {
    const char *op;
    uint32_t cycles;
} bench_layer_t;

/* One pass with marks between the layers. The caller sets `layers` and `capacity`. */
typedef struct bench_pass {
    bench_layer_t *layers;
    uint32_t capacity;
    uint32_t count;
    uint32_t last; /* the counter when the pass, or the last mark, ended its own work */
} bench_pass_t;

/* Runs the open model once with a counter read after every layer. `cycles` is the whole window. */
int bench_invoke_marked(bench_pass_t *pass, uint32_t *cycles);

#endif
