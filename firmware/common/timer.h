/* Short spans of time from the cycle counter, for the rules of the protocol that name milliseconds.
 *
 * The counter wraps (after 15 s at 288 MHz), so a span may be asked for only if it is looked at more often than that. */
#ifndef MCUBENCH_TIMER_H
#define MCUBENCH_TIMER_H

#include <stdbool.h>
#include <stdint.h>

/* To be called at start and after every change of the CPU clock. */
void timer_update_clock(void);

/* Whether `span_ms` have passed since the counter was `since`. */
bool timer_has_passed(uint32_t since, uint32_t span_ms);

#endif
