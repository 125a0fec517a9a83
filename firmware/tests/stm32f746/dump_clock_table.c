/* Prints the clock table of the STM32F746 port, one row per line, for test_clock_table.py. Compiled for the PC. */
#include <stdio.h>

#include "clock_table.h"
#include "port.h"

int main(void) {
    uint32_t count;
    const port_clock_t *rows = port_clocks(&count);
    for (uint32_t i = 0; i < count; i++) {
        const clock_tree_t *tree = clock_table_tree(i);
        printf("name=%s cpu_hz=%u options=%u overclock=%d source=%d pll_m=%d pll_n=%d pll_p=%d wait_states=%d "
               "voltage_scale=%d overdrive=%d apb1_divider=%d apb2_divider=%d details=%s\n",
               rows[i].name, (unsigned)rows[i].cpu_hz, (unsigned)rows[i].options, rows[i].overclock, tree->source,
               tree->pll_m, tree->pll_n, tree->pll_p, tree->wait_states, tree->voltage_scale, tree->overdrive,
               tree->apb1_divider, tree->apb2_divider, rows[i].details);
    }
    return 0;
}
