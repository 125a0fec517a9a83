/* The cycle counter of the fake port: every reading moves it on, and the test may move it too. Included by port.h. */
#ifndef FAKE_PORT_INLINE_H
#define FAKE_PORT_INLINE_H

#define PORT_BOARD_NAME "fake"

extern uint32_t fake_cycles;
extern uint32_t fake_cycles_per_reading; /* 0: a counter that does not advance */
extern bool fake_sending;                /* bytes were written and not yet drained */
extern bool fake_cut_short;              /* bytes were written and not yet handed over or drained */
extern bool fake_in_window;
extern uint32_t fake_busy_windows;       /* timed windows that began while bytes were on their way */
extern uint32_t fake_cutting_windows;    /* those that began before all of them were handed over */

static inline uint32_t port_cycles(void) {
    return fake_cycles += fake_cycles_per_reading;
}

static inline void port_window_mark(bool active) {
    fake_in_window = active;
    fake_busy_windows += active && fake_sending;
    fake_cutting_windows += active && fake_sending && fake_cut_short;
}

#endif
