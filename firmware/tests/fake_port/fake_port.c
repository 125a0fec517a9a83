#include "fake_port.h"

#include <setjmp.h>
#include <string.h>

#include "core.h"
#include "port.h"

#define RING_BYTES 8192
#define OUTPUT_BYTES (1u << 20)
#define MHZ 1000000u
#define STACK_WORDS 64
#define STACK_WORDS_USED 16

uint32_t fake_cycles;
uint32_t fake_cycles_per_reading = 10;
bool fake_sending;
bool fake_cut_short;
uint32_t fake_busy_windows;
uint32_t fake_cutting_windows;
int fake_clock_status;
uint32_t fake_resets;
uint32_t fake_cache_flushes;
uint32_t fake_lost_output;
uint32_t fake_baud = 1000000;
uint32_t fake_overruns;
uint32_t fake_kicks;
uint32_t fake_kicks_in_window;
bool fake_in_window;
uint32_t fake_baud_changes;
uint32_t fake_baud_while_sending;

static kept_t kept; /* as after power-on: no check sum */
static uint8_t ring[RING_BYTES];
static size_t ring_head; /* both run on; their difference is what waits */
static size_t ring_tail;
static uint8_t output[OUTPUT_BYTES];
static size_t output_size;
static uint32_t stack[STACK_WORDS];
static jmp_buf reset_point;

const bool port_counts_time = false;
const char *const port_option_names[] = {"icache", "dcache"};
const uint32_t port_option_count = 2;
const uint32_t port_rx_ring_bytes = RING_BYTES;
const uint32_t port_baud_boot = 1000000;
const uint32_t port_baud_max = 2000000;
const uint32_t port_watchdog_ms = 30000;

static const port_clock_t clocks[] = {
    {"216", 216 * MHZ, 3, false, "wait_states=7"},
    {"16", 16 * MHZ, 1, false, ""},
    {"288", 288 * MHZ, 3, true, "wait_states=9"},
};
static const port_clock_t *clock_now = clocks;
static uint32_t options_now = 3;

/* ---- what the test calls ---- */

void fake_start(void) {
    ring_tail = ring_head;
    output_size = 0;
    for (size_t i = 0; i < STACK_WORDS - STACK_WORDS_USED; i++) {
        stack[i] = PORT_STACK_PAINT;
    }
    port_init();
    core_start();
}

void fake_power_on(void) {
    memset(&kept, 0xA5, sizeof kept);
    fake_resets = 0;
    fake_start();
}

void fake_damage_kept(uint32_t bit) {
    ((uint8_t *)&kept)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

void fake_crash(uint32_t kind, uint32_t known) {
    kept_crash_t crash = {.kind = kind, .known = known};
    for (uint32_t i = 0; i < KEPT_WORDS; i++) {
        crash.word[i] = 0xC0DE0000u + i;
    }
    kept_crash(&crash);
    fake_start();
}

size_t fake_feed(const uint8_t *data, size_t size) {
    size_t count = 0;
    while (count < size && ring_head - ring_tail < RING_BYTES) {
        ring[ring_head++ % RING_BYTES] = data[count++];
    }
    return count;
}

size_t fake_waiting(void) {
    return ring_head - ring_tail;
}

void fake_poll(void) {
    if (setjmp(reset_point) == 0) {
        core_poll();
    } else {
        port_init();
        core_start();
    }
}

size_t fake_take(uint8_t *data, size_t size) {
    const size_t count = size < output_size ? size : output_size;
    memcpy(data, output, count);
    memmove(output, output + count, output_size - count);
    output_size -= count;
    return count;
}

/* ---- what the core calls ---- */

const char *port_core_name(void) {
    return "fake-core";
}

size_t port_uid(uint8_t *uid, size_t size) {
    memset(uid, 0xAB, size);
    return size;
}

static void clock_boot(void) {
    clock_now = clocks;
    options_now = clocks->options;
}

void port_init(void) {
    kept_boot();
    clock_boot();
    fake_baud = port_baud_boot;
}

const port_clock_t *port_clocks(uint32_t *count) {
    *count = sizeof clocks / sizeof clocks[0];
    return clocks;
}

int port_clock_apply(const port_clock_t *clock, uint32_t options) {
    if (fake_clock_status == PORT_OK) {
        clock_now = clock;
        options_now = options;
    } else if (fake_clock_status == PORT_ERROR_TIMEOUT) {
        clock_boot();
    }
    return fake_clock_status;
}

uint32_t port_clock_hz(void) {
    return clock_now->cpu_hz;
}

uint32_t port_clock_options(void) {
    return options_now;
}

void port_clock_describe(char *text, size_t size) {
    strncpy(text, clock_now->details, size - 1);
    text[size - 1] = '\0';
}

size_t port_read(uint8_t *data, size_t size) {
    size_t count = 0;
    while (count < size && ring_tail != ring_head) {
        data[count++] = ring[ring_tail++ % RING_BYTES];
    }
    return count;
}

void port_write(const uint8_t *data, size_t size) {
    const size_t room = OUTPUT_BYTES - output_size;
    const size_t count = size < room ? size : room;
    memcpy(output + output_size, data, count);
    output_size += count;
    fake_sending = true;
    fake_cut_short = true;
    fake_lost_output += (uint32_t)(size - count);
}

void port_write_hand_over(void) {
    fake_cut_short = false;
}

void port_write_drain(void) {
    fake_sending = false;
}

uint32_t port_overruns(void) {
    return fake_overruns;
}

/* The divider of a 16 MHz clock. */
uint32_t port_baud_nearest(uint32_t baud) {
    const uint32_t divider = baud == 0 ? UINT16_MAX : (16 * MHZ + baud / 2) / baud;
    return 16 * MHZ / (divider < 8 ? 8 : divider);
}

void port_baud_set(uint32_t baud) {
    fake_baud = baud;
    fake_baud_changes++;
    fake_baud_while_sending += fake_sending;
}

void port_watchdog_kick(void) {
    fake_kicks++;
    fake_kicks_in_window += fake_in_window;
}

kept_t *port_kept(void) {
    return &kept;
}

void port_caches_flush(void) {
    fake_cache_flushes++;
}

void port_memory(port_memory_t *memory) {
    *memory = (port_memory_t){stack, stack + STACK_WORDS, 10000, 1000, 500};
}

const char *port_reset_cause(void) {
    return fake_resets > 0 ? "software" : "power-on";
}

void port_reset(void) {
    fake_resets++;
    longjmp(reset_point, 1);
}
