/* The port contract: all that the portable core needs from a chip, on one page.
 *
 * A port lives in firmware/<board>/ and knows registers, clocks, one UART, one cycle counter. It knows nothing of the
 * protocol or of models. See docs/porting.md. Nothing here may allocate, and no interrupt may run between the calls
 * that bracket the timed window. */
#ifndef MCUBENCH_PORT_H
#define MCUBENCH_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kept.h"

#define PORT_VERSION 3 /* of this contract; `info` reports it */

enum port_status {
    PORT_OK = 0,
    PORT_ERROR_UNKNOWN = -1,   /* no such clock setting */
    PORT_ERROR_TIMEOUT = -2,   /* a hardware ready flag did not come; the boot clock is running again */
    PORT_ERROR_UNSUPPORTED = -3, /* the combination of options is not possible on this chip */
};

/* One row of the table of clock settings. `options` has bit i set if option i (port_option_names) is on by default. */
typedef struct port_clock {
    const char *name;     /* what a person types: "216", "216-nocache" */
    uint32_t cpu_hz;
    uint32_t options;
    bool overclock;       /* beyond the data sheet: refused unless asked for by name */
    const char *details;  /* "wait_states=7 voltage_scale=1 overdrive=1", for `clocks` */
} port_clock_t;

/* Identity: constants. port_uid writes at most `size` bytes and returns how many. The board's name is PORT_BOARD_NAME, see
 * below. */
const char *port_core_name(void); /* "cortex-m7" */
size_t port_uid(uint8_t *uid, size_t size);

/* Called once, first thing in main(): clocks to the boot setting, UART with circular DMA reception, cycle counter, and the
 * watchdog runs from then on. */
void port_init(void);

/* Cycle counter of the CPU clock, free running, modulo 2^32. A machine without one (a PC, whose clock rate changes as it
 * likes) counts ticks of a steady clock of port_clock_hz() instead and sets port_counts_time: the host then reports time
 * and no cycles. */
static inline uint32_t port_cycles(void);
extern const bool port_counts_time;

/* Clock settings, first one is the boot setting. Options are on/off switches (icache, dcache, art ...). */
extern const char *const port_option_names[];
extern const uint32_t port_option_count;
const port_clock_t *port_clocks(uint32_t *count);
int port_clock_apply(const port_clock_t *clock, uint32_t options);
/* CPU frequency and active options as the hardware's registers say, not as the table says. */
uint32_t port_clock_hz(void);
uint32_t port_clock_options(void);
/* "key=value ..." read back from registers; NUL-terminated, at most `size` bytes with the NUL. */
void port_clock_describe(char *text, size_t size);

/* Link. Reception runs by DMA into a ring of port_rx_ring_bytes without the core's help. */
extern const uint32_t port_rx_ring_bytes;
extern const uint32_t port_baud_boot; /* bits/s that port_init sets; as port_baud_nearest gives them */
extern const uint32_t port_baud_max;  /* the highest there is; 0: the rate cannot be changed */
/* The true rate, as near to `baud` (not 0) as the UART's clock allows. port_baud_set sets just that; everything that was
 * written has left before. */
uint32_t port_baud_nearest(uint32_t baud);
void port_baud_set(uint32_t baud);
size_t port_read(uint8_t *data, size_t size);        /* what has arrived, never waits */
void port_write(const uint8_t *data, size_t size);   /* queues; waits only while the transmit buffer is full */
void port_write_hand_over(void);                     /* waits until all of it leaves without the core's further help */
void port_write_drain(void);                         /* waits until the last stop bit is on the wire */
uint32_t port_overruns(void);                        /* receive errors since boot: overrun, framing, noise */

/* Clean and invalidate all caches, so that the next inference starts cold. No-op where there are none. */
void port_caches_flush(void);
/* Called right before and right after the timed window. Drives a GPIO that is high inside it, for power meters and
 * oscilloscopes. A port that uses interrupts masks those of this core here; reception must go on without them. */
static inline void port_window_mark(bool active);

/* Memory: stack region, painted with PORT_STACK_PAINT by the start-up code. Sizes from linker symbols; those that a port
 * cannot know are PORT_UNKNOWN, and the host is not told of them. */
#define PORT_STACK_PAINT 0xC5C5C5C5u
#define PORT_UNKNOWN UINT32_MAX
typedef struct port_memory {
    const uint32_t *stack_low;  /* lowest address of the stack */
    const uint32_t *stack_high; /* one past the highest */
    uint32_t flash_image_bytes;
    uint32_t flash_engine_bytes;
    uint32_t ram_static_bytes;  /* .data + .bss without stack, arena and receive ring */
} port_memory_t;
void port_memory(port_memory_t *memory);

/* A port without a watchdog says 0 and has a port_watchdog_kick that does nothing. Between two kicks there is at most one
 * inference; a watchdog that is not kicked for port_watchdog_ms, as its clock is nominally, resets the board. */
extern const uint32_t port_watchdog_ms;
void port_watchdog_kick(void);

/* "power-on", "pin", "software", "watchdog", "fault" or "unknown", from the hardware's registers. A crash that is in
 * port_kept() goes before it. */
const char *port_reset_cause(void);
_Noreturn void port_reset(void);

/* Memory that keeps its contents over resets and may hold anything after power-on. kept.h looks after it: a port calls
 * kept_boot() before port_init() is done, and kept_crash() where it handles a crash. */
kept_t *port_kept(void);

/* port_inline.h of the board defines the two static inline functions above, and PORT_BOARD_NAME: a string without spaces,
 * "stm32f746". */
#include "port_inline.h"

#endif
