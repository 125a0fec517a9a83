/* The clock settings of the STM32F746G-DISCO as plain numbers: no register is touched here, so that the table also
 * compiles on a PC, where its test recomputes every row (firmware/tests/stm32f746/test_clock_table.py). */
#ifndef STM32F746_CLOCK_TABLE_H
#define STM32F746_CLOCK_TABLE_H

#include <stdint.h>

#define HSI_HZ 16000000u /* internal RC oscillator, +-1 % at 25 C (DS10916) */
#define HSE_HZ 25000000u /* crystal X2 of the board (UM1907) */

enum clock_source {
    CLOCK_SOURCE_HSI, /* HSI drives the core, no PLL */
    CLOCK_SOURCE_HSI_PLL,
    CLOCK_SOURCE_HSE_PLL,
};

enum clock_option {
    CLOCK_OPTION_ICACHE = 1u << 0,
    CLOCK_OPTION_DCACHE = 1u << 1,
    CLOCK_OPTION_ART = 1u << 2, /* the flash prefetch and the ART accelerator */
};
#define CLOCK_OPTIONS_ALL (CLOCK_OPTION_ICACHE | CLOCK_OPTION_DCACHE | CLOCK_OPTION_ART)

/* What the hardware needs for one setting. Dividers are the divisors themselves (2, 4 ...), not register codes. */
typedef struct clock_tree {
    uint8_t source;        /* enum clock_source */
    uint8_t pll_m;         /* 2 to 63; source / pll_m = VCO input, 1 to 2 MHz */
    uint16_t pll_n;        /* 50 to 432; VCO input * pll_n = VCO output, 100 to 432 MHz */
    uint8_t pll_p;         /* 2, 4, 6 or 8 */
    uint8_t wait_states;   /* 0 to 9 */
    uint8_t voltage_scale; /* 1, 2 or 3 */
    uint8_t overdrive;     /* 0 or 1 */
    uint8_t apb1_divider;  /* 1, 2, 4, 8 or 16 */
    uint8_t apb2_divider;
} clock_tree_t;

/* The tree of row `index` of port_clocks(). */
const clock_tree_t *clock_table_tree(uint32_t index);

#endif
