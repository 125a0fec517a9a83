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

/* The same with a counter read after every layer. `cycles` is the whole window. */
int bench_invoke_marked(engine_mark_t mark, void *context, uint32_t *cycles);

/* Cycles between two readings without the cost of reading, 0 if nothing is left. */
uint32_t bench_span_cycles(uint32_t start, uint32_t stop);

#endif
