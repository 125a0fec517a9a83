/* The clock settings of the nRF52840 without a register, so that the table also compiles on a PC
 * (firmware/tests/nrf52/test_clock_table.py). */
#ifndef NRF52840_CLOCK_TABLE_H
#define NRF52840_CLOCK_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#define CPU_HZ 64000000u /* whatever the source */

enum clock_option {
    CLOCK_OPTION_ICACHE = 1u << 0,
};

/* Whether row `index` of port_clocks() runs from the crystal, HFXO, or from the internal oscillator, HFINT. */
bool clock_table_uses_crystal(uint32_t index);

#endif
