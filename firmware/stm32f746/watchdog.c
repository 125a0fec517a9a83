/* IWDG: counts an oscillator of its own, LSI, so that it works whatever became of the other clocks.
 *
 * LSI has 32 kHz, and 17 to 47 kHz from chip to chip (DS10916). With the largest prescaler and count that is 32.8 s,
 * and 22 s at least; an inference must take less. */
#include "watchdog.h"

#include "clock_table.h"
#include "port.h"
#include "registers.h"

#define LSI_HZ 32000u
#define PRESCALER 256u
#define COUNT (IWDG_RLR_MAX + 1u)

/* Five cycles of LSI (RM0385 26.4.4), as slow as it may be; ten times that. */
#define TAKEOVER_CYCLES (HSI_HZ / 340u)

const uint32_t port_watchdog_ms = PRESCALER * COUNT / (LSI_HZ / 1000u);

/* RM0385 26.3.2. Without a wait that ends, a board whose LSI does not run would never start. */
void watchdog_start(void) {
    DBGMCU_APB1_FZ |= DBGMCU_APB1_FZ_IWDG; /* stands still while a debugger has stopped the core */
    IWDG_KR = IWDG_KR_START;
    IWDG_KR = IWDG_KR_WRITE;
    IWDG_PR = IWDG_PR_256;
    IWDG_RLR = IWDG_RLR_MAX;
    const uint32_t start = port_cycles();
    while (IWDG_SR != 0 && port_cycles() - start < TAKEOVER_CYCLES) {
    }
    port_watchdog_kick();
}

void port_watchdog_kick(void) {
    IWDG_KR = IWDG_KR_KICK;
}
