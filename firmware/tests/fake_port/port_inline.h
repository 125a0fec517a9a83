/* The cycle counter of the fake port: every reading moves it on, and the test may move it too. Included by port.h. */
#ifndef FAKE_PORT_INLINE_H
#define FAKE_PORT_INLINE_H

extern uint32_t fake_cycles;
extern uint32_t fake_cycles_per_reading; /* 0: a counter that does not advance */

static inline uint32_t port_cycles(void) {
    return fake_cycles += fake_cycles_per_reading;
}

static inline void port_window_mark(bool active) {
    (void)active;
}

#endif
