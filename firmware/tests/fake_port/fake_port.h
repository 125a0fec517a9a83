/* The board in memory: a port whose bytes, clock and failures the test decides. */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include <stddef.h>
#include <stdint.h>

/* Starts the core; what it had selected before stays. */
void fake_start(void);

/* Starts it as after power-on, and as after a crash of which the words of the mask are known. */
void fake_power_on(void);
void fake_crash(uint32_t kind, uint32_t known);

/* Turns over one bit of what outlives resets. */
void fake_damage_kept(uint32_t bit);

/* Puts bytes into the receive ring; returns how many fitted. */
size_t fake_feed(const uint8_t *data, size_t size);

/* Bytes in the receive ring. */
size_t fake_waiting(void);

/* Polls the core once. After a `reset` command the core is started again. */
void fake_poll(void);

/* Takes what the core has sent since the last call, at most `size` bytes. */
size_t fake_take(uint8_t *data, size_t size);

extern int fake_clock_status; /* what port_clock_apply returns */
extern uint32_t fake_resets;  /* calls of port_reset */
extern uint32_t fake_cache_flushes;
extern uint32_t fake_baud;    /* what port_baud_set was told, or the boot rate */
extern uint32_t fake_baud_changes;
extern uint32_t fake_baud_while_sending; /* of them, before all had been sent */
extern uint32_t fake_overruns;
extern uint32_t fake_kicks; /* calls of port_watchdog_kick, and those of them in a timed window */
extern uint32_t fake_kicks_in_window;
extern uint32_t fake_lost_output; /* bytes for which the test left no room */

#endif
