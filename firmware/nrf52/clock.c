/* Applies a clock setting and tells which one runs.
 *
 * The chip always starts on HFINT and can always go back to it. Both sources drive the core, and everything with it, at
 * 64 MHz; the UART's bit rate is as true as the source. */
#include <stddef.h>

#include "barrier.h"
#include "clock_table.h"
#include "port.h"
#include "registers.h"

/* The crystal takes a fraction of a millisecond (PS, CLOCK); 5 ms are allowed here. */
#define READY_CYCLES (CPU_HZ / 200u)

static bool runs_from_crystal(void) {
    return (CLOCK_HFCLKSTAT & CLOCK_HFCLKSTAT_SRC_HFXO) != 0;
}

/* HFCLKSTAT, not the event HFCLKSTARTED: it tells of both directions. */
static bool source_set(bool crystal) {
    if (crystal) {
        CLOCK_TASKS_HFCLKSTART = 1;
    } else {
        CLOCK_TASKS_HFCLKSTOP = 1;
    }
    const uint32_t start = port_cycles();
    while (runs_from_crystal() != crystal) {
        if (port_cycles() - start > READY_CYCLES) {
            return false;
        }
    }
    return true;
}

/* Disabling the cache invalidates all of it (MDK, NVMC_ICACHECNF). */
static void options_set(uint32_t options) {
    NVMC_ICACHECNF = (options & CLOCK_OPTION_ICACHE) ? NVMC_ICACHECNF_CACHEEN : 0;
    barrier_data();
    barrier_instruction();
}

uint32_t port_clock_hz(void) {
    return CPU_HZ;
}

uint32_t port_clock_options(void) {
    return (NVMC_ICACHECNF & NVMC_ICACHECNF_CACHEEN) ? CLOCK_OPTION_ICACHE : 0;
}

void port_clock_describe(char *text, size_t size) {
    const char *source = runs_from_crystal() ? "source=hfxo" : "source=hfint";
    if (size == 0) {
        return;
    }
    size_t length = 0;
    for (; length < size - 1 && source[length] != '\0'; length++) {
        text[length] = source[length];
    }
    text[length] = '\0';
}

int port_clock_apply(const port_clock_t *clock, uint32_t options) {
    uint32_t count;
    const port_clock_t *rows = port_clocks(&count);
    const ptrdiff_t index = clock - rows;
    if (index < 0 || index >= (ptrdiff_t)count) {
        return PORT_ERROR_UNKNOWN;
    }
    if ((options & ~(uint32_t)CLOCK_OPTION_ICACHE) != 0) {
        return PORT_ERROR_UNSUPPORTED;
    }
    port_write_drain();
    if (!source_set(clock_table_uses_crystal((uint32_t)index))) {
        CLOCK_TASKS_HFCLKSTOP = 1; /* the core never stopped running on HFINT */
        options_set(rows[0].options);
        return PORT_ERROR_TIMEOUT;
    }
    options_set(options);
    return PORT_OK;
}

void port_caches_flush(void) {
    const uint32_t options = port_clock_options();
    options_set(0);
    options_set(options);
}
