/* Clock settings. The first row is the boot setting. The core has one speed; what can be chosen is where it comes from
 * and whether the flash has its instruction cache (PS, CLOCK and NVMC). */
#include "clock_table.h"

#include "port.h"

#define HFXO "source=hfxo"
#define HFINT "source=hfint"

static const port_clock_t clock_rows[] = {
    {"64", CPU_HZ, CLOCK_OPTION_ICACHE, false, HFXO},
    {"64-nocache", CPU_HZ, 0, false, HFXO},
    {"64-hfint", CPU_HZ, CLOCK_OPTION_ICACHE, false, HFINT},
};

static const bool uses_crystal[] = {true, true, false};

const char *const port_option_names[] = {"icache"};
const uint32_t port_option_count = sizeof port_option_names / sizeof port_option_names[0];

const port_clock_t *port_clocks(uint32_t *count) {
    *count = sizeof clock_rows / sizeof clock_rows[0];
    return clock_rows;
}

bool clock_table_uses_crystal(uint32_t index) {
    return uses_crystal[index];
}
