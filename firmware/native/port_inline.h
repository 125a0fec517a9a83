/* The board's name, and the PC's cycle counter: the monotonic clock, scaled to the selected setting. Included by port.h. */
#ifndef NATIVE_PORT_INLINE_H
#define NATIVE_PORT_INLINE_H

#include <time.h>

#define PORT_BOARD_NAME "native"

#define NANOSECONDS_PER_SECOND 1000000000ull

/* Set by port_clock_apply. */
extern uint32_t native_cpu_mhz;

static inline uint32_t port_cycles(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    const uint64_t ns = (uint64_t)now.tv_sec * NANOSECONDS_PER_SECOND + (uint64_t)now.tv_nsec;
    return (uint32_t)(ns / 1000 * native_cpu_mhz + ns % 1000 * native_cpu_mhz / 1000); /* no overflow after 213 days */
}

/* A PC has no pin for a power meter. */
static inline void port_window_mark(bool active) {
    (void)active;
}

#endif
