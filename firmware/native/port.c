/* The port contract on a PC. */
#include "port.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"
#include "link.h"

#define MHZ 1000000u

/* Edges of the program in memory, from the linker (see end(3)); the first one is the GNU linker's own. */
extern char __executable_start[], etext[], __data_start[], edata[], end[];

enum { OPTION_SLEEP = 1u << 0 };

const char port_board_name[] = "native";
const bool port_counts_time = true;
const char *const port_option_names[] = {"sleep"}; /* leaves the processor to others while nothing arrives */
const uint32_t port_option_count = 1;
const uint32_t port_rx_ring_bytes = 8192; /* the kernel's buffers behind a pty hold more */
const uint32_t port_baud = 921600;        /* nominal: nothing paces a pty */

static const port_clock_t clocks[] = {
    {"1000", 1000 * MHZ, OPTION_SLEEP, false, "source=monotonic"},
    {"100", 100 * MHZ, OPTION_SLEEP, false, "source=monotonic"},
    {"2000", 2000 * MHZ, OPTION_SLEEP, true, "source=monotonic"},
};

uint32_t native_cpu_mhz = 1000;
static uint32_t options = OPTION_SLEEP;

const char *port_core_name(void) {
    return "pc";
}

size_t port_uid(uint8_t *uid, size_t size) {
    static const char name[] = "nativepc";
    const size_t count = size < sizeof name - 1 ? size : sizeof name - 1;
    memcpy(uid, name, count);
    return count;
}

/* The board opens its link before it starts, because the link outlives a reset. */
void port_init(void) {}

const port_clock_t *port_clocks(uint32_t *count) {
    *count = sizeof clocks / sizeof clocks[0];
    return clocks;
}

int port_clock_apply(const port_clock_t *clock, uint32_t wanted_options) {
    native_cpu_mhz = clock->cpu_hz / MHZ;
    options = wanted_options;
    return PORT_OK;
}

uint32_t port_clock_hz(void) {
    return native_cpu_mhz * MHZ;
}

uint32_t port_clock_options(void) {
    return options;
}

void port_clock_describe(char *text, size_t size) {
    snprintf(text, size, "source=monotonic");
}

size_t port_read(uint8_t *data, size_t size) {
    return link_read(data, size, (options & OPTION_SLEEP) != 0);
}

void port_write(const uint8_t *data, size_t size) {
    link_write(data, size);
}

void port_write_drain(void) {
    link_drain();
}

uint32_t port_overruns(void) {
    return 0; /* a pty loses nothing */
}

void port_caches_flush(void) {}

/* The parts of the program that would be in flash. The engine's code cannot be told from the harness's here,
 * nor the arena from other static memory. */
void port_memory(port_memory_t *memory) {
    board_stack(&memory->stack_low, &memory->stack_high);
    memory->flash_image_bytes = (uint32_t)((etext - __executable_start) + (edata - __data_start));
    memory->flash_engine_bytes = PORT_UNKNOWN;
    memory->ram_static_bytes =
        (uint32_t)((end - __data_start) - ((const char *)memory->stack_high - (const char *)memory->stack_low));
}

const char *port_reset_cause(void) {
    return board_was_reset() ? "software" : "power-on";
}

void port_reset(void) {
    board_reset();
}
