/* The port contract on a PC. */
#include "port.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "board.h"
#include "cpu.h"
#include "crc32.h"
#include "link.h"

#define MHZ 1000000u
#define UID_BYTES 8
#define MACHINE_ID_DIGITS 32
#define CACHE_LINE_BYTES 64
#define EVICTION_BYTES (64u << 20) /* many times what a core has for itself */

enum { OPTION_SLEEP = 1u << 0 };

const bool port_counts_time = true;
const char *const port_option_names[] = {"sleep"}; /* leaves the processor to others while nothing arrives */
const uint32_t port_option_count = 1;
const uint32_t port_rx_ring_bytes = 32768; /* the kernel's buffers behind a pty hold more */
const uint32_t port_baud_boot = 921600;    /* nominal: nothing paces a pty */
const uint32_t port_baud_max = 0;
const uint32_t port_watchdog_ms = 0;

/* A PC changes its rate as it likes and asks nobody. The pretend rates are for tests of what chooses between settings:
 * the same clock, counted in other units. */
static const port_clock_t clocks[] = {
#ifdef NATIVE_TEST_CLOCKS
    {"1000", 1000 * MHZ, OPTION_SLEEP, false, "source=monotonic"},
    {"100", 100 * MHZ, OPTION_SLEEP, false, "source=monotonic"},
    {"2000", 2000 * MHZ, OPTION_SLEEP, true, "source=monotonic"},
#else
    {"host", 1000 * MHZ, OPTION_SLEEP, false, "source=monotonic"},
#endif
};

uint32_t native_cpu_mhz = 1000;
static uint32_t options = OPTION_SLEEP;

const char *port_core_name(void) {
    return cpu_name();
}

/* A hash, because machine-id(5) is not to be shown to others. In a machine without one its name must do.
 * host/mcubench/serve/machine.py answers the same. */
size_t port_uid(uint8_t *uid, size_t size) {
    char id[MACHINE_ID_DIGITS + 1] = {0};
    FILE *file = fopen("/etc/machine-id", "r");
    if (file == NULL || fread(id, 1, MACHINE_ID_DIGITS, file) == 0) {
        gethostname(id, MACHINE_ID_DIGITS);
    }
    if (file != NULL) {
        fclose(file);
    }
    char text[UID_BYTES + 1];
    snprintf(text, sizeof text, "pc%06" PRIx32, crc32(id, strlen(id)) & 0xFFFFFFu);
    const size_t count = size < UID_BYTES ? size : UID_BYTES;
    memcpy(uid, text, count);
    return count;
}

/* The board opens its link before it starts, because the link outlives a reset. */
void port_init(void) {
    kept_boot();
}

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

void port_write_hand_over(void) {
    link_drain();
}

void port_write_drain(void) {
    link_drain();
}

uint32_t port_baud_nearest(uint32_t baud) {
    return baud;
}

void port_baud_set(uint32_t baud) {
    (void)baud;
}

void port_watchdog_kick(void) {}

kept_t *port_kept(void) {
    return board_kept();
}

uint32_t port_overruns(void) {
    return 0; /* a pty loses nothing */
}

/* A program cannot empty the caches, but it can fill them with something else. */
void port_caches_flush(void) {
    static volatile uint8_t eviction[EVICTION_BYTES];
    for (size_t i = 0; i < sizeof eviction; i += CACHE_LINE_BYTES) {
        eviction[i]++;
    }
}

/* There is no flash, and what a program takes of a PC's memory says nothing of what it would take of another's. */
void port_memory(port_memory_t *memory) {
    board_stack(&memory->stack_low, &memory->stack_high);
    memory->flash_image_bytes = PORT_UNKNOWN;
    memory->flash_engine_bytes = PORT_UNKNOWN;
    memory->ram_static_bytes = PORT_UNKNOWN;
}

const char *port_reset_cause(void) {
    return board_was_reset() ? "software" : "power-on";
}

void port_reset(void) {
    board_reset();
}
