/* Prints the clock table of the nRF52840 port, one row per line, for test_clock_table.py. Compiled for the PC. */
#include <stdio.h>

#include "clock_table.h"
#include "port.h"

int main(void) {
    uint32_t count;
    const port_clock_t *rows = port_clocks(&count);
    for (uint32_t i = 0; i < count; i++) {
        printf("%s %u %u %d %d %s\n", rows[i].name, (unsigned)rows[i].cpu_hz, (unsigned)rows[i].options,
               rows[i].overclock, clock_table_uses_crystal(i), rows[i].details);
    }
    return 0;
}
