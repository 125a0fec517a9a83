/* What outlives a reset: how often the board booted since power-on, and its last crash. It lies where port_kept() says.
 * A check sum tells it from what memory holds after power-on.
 *
 * These functions need no initialised variables, so that they work before main() and in fault handlers. */
#ifndef MCUBENCH_KEPT_H
#define MCUBENCH_KEPT_H

#include <stdbool.h>
#include <stdint.h>

/* docs/protocol.md, `info`. */
enum kept_kind { KEPT_HARD, KEPT_MEMORY, KEPT_BUS, KEPT_USAGE, KEPT_STACK_OVERFLOW, KEPT_EXIT };
enum kept_word { KEPT_PC, KEPT_LR, KEPT_PSR, KEPT_SP, KEPT_CFSR, KEPT_HFSR, KEPT_MMFAR, KEPT_BFAR, KEPT_WORDS };

typedef struct kept_crash {
    uint32_t boot; /* in which boot, counted from 1; 0 if there was no crash */
    uint32_t kind; /* enum kept_kind */
    uint32_t known; /* bit i is set if word[i] means something */
    uint32_t word[KEPT_WORDS];
} kept_crash_t;

typedef struct kept {
    uint32_t boots;
    kept_crash_t crash;
    uint32_t crc; /* of all before it */
} kept_t;

/* Counts this boot; once, before anything that may crash. */
void kept_boot(void);

/* Records a crash, whose `boot` is filled in here. The reset is the caller's. */
void kept_crash(const kept_crash_t *crash);

/* Boots since power-on, this one included. */
uint32_t kept_boots(void);

/* The last crash since power-on, NULL if there was none; and whether it is what this boot is due to. */
const kept_crash_t *kept_last_crash(void);
bool kept_crashed(void);

#endif
