/* Between the bare image and whoever holds the core at its stops: a debug probe on silicon, the emulator on a PC.
 *
 * The image has no line and no protocol, which would not fit the memory. It stops at bare_stop(), where the other side
 * writes a request and what belongs to it into `bare`, and goes on; at the next stop the answer is there. */
#ifndef MCUBENCH_BARE_H
#define MCUBENCH_BARE_H

#include "engine.h"

enum bare_request { BARE_OPEN = 1, BARE_RUN, BARE_RUN_MARKED };

/* Further values of `status` than those of engine.h. */
enum bare_status {
    BARE_MARK = 1,     /* a layer has ended: `op` and `cycles` are its own; going on runs the next one */
    BARE_TOO_LONG = -4 /* the counter has run out: more cycles than its 24 bits hold */
};

/* Words of 32 bits only: host/mcubench/virtual/bare.py reads them by their places. */
typedef struct bare_mailbox {
    uint32_t request;
    uint32_t index; /* of the model to open */
    int32_t status;
    const engine_model_t *model; /* the open one */
    uint8_t *input;              /* its tensors */
    const uint8_t *output;
    uint32_t cycles;          /* of the last inference, or since the last layer's end, without what reading costs */
    uint32_t overhead_cycles; /* that cost */
    const char *op;           /* of the layer that has ended */
} bare_mailbox_t;

extern bare_mailbox_t bare;

/* Who the engine is, for the other side alone; the linker script keeps it. */
typedef struct bare_facts {
    const char *engine_name;
    const char *engine_version;
    const char *engine_kernels;
} bare_facts_t;

extern const bare_facts_t bare_facts;

/* What tells tools which board and build an image is, with a NUL at its end; the linker script keeps it too. */
extern const char bare_mark[];

/* A breakpoint instruction: the core halts there. */
void bare_stop(void);

#endif
