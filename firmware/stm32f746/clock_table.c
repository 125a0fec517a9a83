/* Clock settings. The first row is the boot setting.
 *
 * Limits, which the rows keep unless they are marked as overclocked:
 *   PLL           VCO input 1 to 2 MHz, VCO output 100 to 432 MHz, N 50 to 432      RM0385 5.3.2, RCC_PLLCFGR
 *   wait states   at 2.7 to 3.6 V one for every 30 MHz                              RM0385 3.3.2, table of wait states
 *   voltage       scale 3 to 144 MHz, scale 2 to 168, scale 1 to 180, scale 1 with
 *                 over-drive to 216                                                 RM0385 4.1.4
 *   buses         APB1 45 MHz and APB2 90 MHz, with over-drive 54 and 108           DS10916, general operating conditions
 *
 * Overclocked rows are points other people have published for this board. Their VCO and core clock are beyond the data
 * sheet; wait states and bus dividers follow the same rules as the others. No VCO input between 1 and 2 MHz gives
 * 576 MHz from 25 MHz with an N that fits its 9 bits, so 288 comes from the HSI. */
#include "clock_table.h"

#include "port.h"

#define NONE 0u
#define ALL CLOCK_OPTIONS_ALL

// clang-format off
/*   name          MHz  source    M   N    P  WS VS OD AP1 AP2 options overclock */
#define CLOCK_SETTINGS(ROW) \
    ROW("16", 16, HSI, 0, 0, 0, 0, 3, 0, 1, 1, ALL, false) \
    ROW("48", 48, HSE_PLL, 25, 384, 8, 1, 3, 0, 2, 1, ALL, false) \
    ROW("96", 96, HSE_PLL, 25, 384, 4, 3, 3, 0, 4, 2, ALL, false) \
    ROW("120", 120, HSE_PLL, 25, 240, 2, 3, 3, 0, 4, 2, ALL, false) \
    ROW("144", 144, HSE_PLL, 25, 288, 2, 4, 3, 0, 4, 2, ALL, false) \
    ROW("168", 168, HSE_PLL, 25, 336, 2, 5, 2, 0, 4, 2, ALL, false) \
    ROW("180", 180, HSE_PLL, 25, 360, 2, 5, 1, 0, 4, 2, ALL, false) \
    ROW("200", 200, HSE_PLL, 25, 400, 2, 6, 1, 1, 4, 2, ALL, false) \
    ROW("216", 216, HSE_PLL, 25, 432, 2, 7, 1, 1, 4, 2, ALL, false) \
    ROW("216-nocache", 216, HSE_PLL, 25, 432, 2, 7, 1, 1, 4, 2, NONE, false) \
    ROW("240", 240, HSE_PLL, 20, 384, 2, 7, 1, 1, 8, 4, ALL, true) \
    ROW("288", 288, HSI_PLL, 8, 288, 2, 9, 1, 1, 8, 4, ALL, true)

// clang-format on

#define CLOCK_ROW(name, mhz, source, m, n, p, ws, vs, od, apb1, apb2, options, overclock)                              \
    {name, (mhz) * 1000000u, options, overclock, "wait_states=" #ws " voltage_scale=" #vs " overdrive=" #od},
static const port_clock_t clock_rows[] = {CLOCK_SETTINGS(CLOCK_ROW)};

#define TREE_ROW(name, mhz, source, m, n, p, ws, vs, od, apb1, apb2, options, overclock)                               \
    {CLOCK_SOURCE_##source, m, n, p, ws, vs, od, apb1, apb2},
static const clock_tree_t clock_trees[] = {CLOCK_SETTINGS(TREE_ROW)};

const char *const port_option_names[] = {"icache", "dcache", "art"};
const uint32_t port_option_count = sizeof port_option_names / sizeof port_option_names[0];

const port_clock_t *port_clocks(uint32_t *count) {
    *count = sizeof clock_rows / sizeof clock_rows[0];
    return clock_rows;
}

const clock_tree_t *clock_table_tree(uint32_t index) {
    return &clock_trees[index];
}
