/* Nested loops over tensors whose depth is only known in the parameters. */
#ifndef MCUBENCH_LOOPS_H
#define MCUBENCH_LOOPS_H

#include <stdbool.h>
#include <stdint.h>

/* A table of loops has three numbers for each, and the innermost loop first. */
enum { LOOPS_COUNT, LOOPS_INPUT_STEP, LOOPS_OUTPUT_STEP, LOOPS_FIELDS };

/* Deepest nesting, as mcubench/codegen/lower_move.py allows it. */
#define LOOPS_DEPTH 6

typedef struct loops_position {
    int32_t done[LOOPS_DEPTH]; /* passes of each loop */
    int32_t input;
    int32_t output;
} loops_position_t;

/* Goes one pass further in the loops from level `first` outwards. Returns false after the last pass; the position is
 * then that of the first pass again. */
static inline bool loops_next(const int32_t *loops, int32_t first, int32_t depth, loops_position_t *at) {
    for (int32_t level = first; level < depth; level++) {
        const int32_t *loop = loops + LOOPS_FIELDS * level;
        at->done[level]++;
        if (at->done[level] < loop[LOOPS_COUNT]) {
            at->input += loop[LOOPS_INPUT_STEP];
            at->output += loop[LOOPS_OUTPUT_STEP];
            return true;
        }
        at->done[level] = 0;
        at->input -= (loop[LOOPS_COUNT] - 1) * loop[LOOPS_INPUT_STEP];
        at->output -= (loop[LOOPS_COUNT] - 1) * loop[LOOPS_OUTPUT_STEP];
    }
    return false;
}

#endif
