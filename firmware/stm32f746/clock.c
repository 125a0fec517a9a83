/* Applies a clock setting: oscillators, PLL, voltage, over-drive, flash wait states, bus dividers, caches.
 *
 * Every change passes through the HSI, because voltage scale and PLL may only change while the PLL is off (RM0385 4.4.1
 * and 5.3.2) and over-drive should be entered and left on HSI or HSE (RM0385 4.1.4). So each setting is reached by the
 * same path, whatever ran before. The UART has the HSI as its own clock and does not notice. */
#include "clock.h"

#include <stdbool.h>
#include <stddef.h>

#include "cache.h"
#include "clock_table.h"
#include "port.h"
#include "registers.h"

/* The slowest thing waited for is the crystal: 2 ms typical (DS10916), ten times that allowed here. A poll takes at least
 * 8 cycles, and the core runs on the 16 MHz HSI while it waits. */
#define READY_POLLS (HSI_HZ / 50u / 8u)

/* Feeds only USB, SDMMC and RNG, none of them used; RM0385 5.3.2 forbids 0 and 1. */
#define UNUSED_PLLQ 9u

static bool wait_for(volatile uint32_t *status, uint32_t mask, uint32_t value) {
    for (uint32_t poll = 0; poll < READY_POLLS; poll++) {
        if ((*status & mask) == value) {
            return true;
        }
    }
    return false;
}

static void write_field(volatile uint32_t *target, uint32_t mask, uint32_t value) {
    *target = (*target & ~mask) | value;
}

/* RM0385 3.3.2: the new number counts once it reads back. */
static bool wait_states_set(uint32_t wait_states) {
    write_field(&FLASH_ACR, FLASH_ACR_LATENCY, wait_states);
    return wait_for(&FLASH_ACR, FLASH_ACR_LATENCY, wait_states);
}

/* PPRE1 and PPRE2 code of a bus divider: 0 for 1, 4 for 2, 5 for 4 ... (RM0385 5.3.3). */
static uint32_t bus_divider_code(uint32_t divider) {
    uint32_t code = 3;
    for (uint32_t value = 1; value < divider; value *= 2) {
        code++;
    }
    return divider == 1 ? 0 : code;
}

static void bus_dividers_set(uint32_t apb1, uint32_t apb2) {
    write_field(&RCC_CFGR, RCC_CFGR_HPRE | RCC_CFGR_PPRE1 | RCC_CFGR_PPRE2,
                (bus_divider_code(apb1) << RCC_CFGR_PPRE1_SHIFT) | (bus_divider_code(apb2) << RCC_CFGR_PPRE2_SHIFT));
}

void clock_peripherals_set(bool enabled) {
    /* The CRC unit is for ST's neural network runtime, which does not run without it. */
    const uint32_t ahb1 = RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIOBEN | RCC_AHB1ENR_GPIOIEN | RCC_AHB1ENR_CRCEN |
                          RCC_AHB1ENR_DMA2EN;
    write_field(&RCC_AHB1ENR, ahb1, enabled ? ahb1 : 0);
    write_field(&RCC_APB2ENR, RCC_APB2ENR_USART1EN, enabled ? RCC_APB2ENR_USART1EN : 0);
    (void)RCC_APB2ENR; /* a peripheral may be accessed two cycles after its clock was enabled: RM0385 5.2 */
}

/* RM0385 4.1.4, entering over-drive. No peripheral clock may run during the switch itself, so the UART must be idle. */
static bool overdrive_enter(void) {
    PWR_CR1 |= PWR_CR1_ODEN;
    if (!wait_for(&PWR_CSR1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY)) {
        return false;
    }
    clock_peripherals_set(false);
    PWR_CR1 |= PWR_CR1_ODSWEN;
    const bool switched = wait_for(&PWR_CSR1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY);
    clock_peripherals_set(true);
    return switched;
}

/* RM0385 4.1.4, leaving over-drive in two steps. */
static bool overdrive_leave(void) {
    PWR_CR1 &= ~PWR_CR1_ODSWEN;
    if (!wait_for(&PWR_CSR1, PWR_CSR1_ODSWRDY, 0)) {
        return false;
    }
    PWR_CR1 &= ~PWR_CR1_ODEN;
    return wait_for(&PWR_CSR1, PWR_CSR1_ODRDY, 0);
}

/* The core on 16 MHz from the HSI, PLL and over-drive off, no wait states. */
static bool hsi_enter(void) {
    RCC_CR |= RCC_CR_HSION;
    if (!wait_for(&RCC_CR, RCC_CR_HSIRDY, RCC_CR_HSIRDY)) {
        return false;
    }
    write_field(&RCC_CFGR, RCC_CFGR_SW, RCC_CFGR_SW_HSI);
    if (!wait_for(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_HSI)) {
        return false;
    }
    RCC_CR &= ~RCC_CR_PLLON;
    if (!wait_for(&RCC_CR, RCC_CR_PLLRDY, 0) || !overdrive_leave()) {
        return false;
    }
    bus_dividers_set(1, 1);
    return wait_states_set(0);
}

static bool hse_set(bool enabled) {
    write_field(&RCC_CR, RCC_CR_HSEON, enabled ? RCC_CR_HSEON : 0);
    return wait_for(&RCC_CR, RCC_CR_HSERDY, enabled ? RCC_CR_HSERDY : 0);
}

/* Starts the PLL and makes it the core's clock. In the order of RM0385 4.1.4: PLL on, over-drive, wait states and
 * dividers, PLL locked, switch. */
static bool pll_enter(const clock_tree_t *tree) {
    write_field(&RCC_PLLCFGR,
                RCC_PLLCFGR_PLLM | RCC_PLLCFGR_PLLN | RCC_PLLCFGR_PLLP | RCC_PLLCFGR_PLLSRC_HSE | RCC_PLLCFGR_PLLQ,
                ((uint32_t)tree->pll_m << RCC_PLLCFGR_PLLM_SHIFT) | ((uint32_t)tree->pll_n << RCC_PLLCFGR_PLLN_SHIFT) |
                    ((tree->pll_p / 2u - 1u) << RCC_PLLCFGR_PLLP_SHIFT) | (UNUSED_PLLQ << RCC_PLLCFGR_PLLQ_SHIFT) |
                    (tree->source == CLOCK_SOURCE_HSE_PLL ? RCC_PLLCFGR_PLLSRC_HSE : 0));
    RCC_CR |= RCC_CR_PLLON;
    if (tree->overdrive && !overdrive_enter()) {
        return false;
    }
    if (!wait_states_set(tree->wait_states)) {
        return false;
    }
    bus_dividers_set(tree->apb1_divider, tree->apb2_divider);
    if (!wait_for(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY) || !wait_for(&PWR_CSR1, PWR_CSR1_VOSRDY, PWR_CSR1_VOSRDY)) {
        return false;
    }
    write_field(&RCC_CFGR, RCC_CFGR_SW, RCC_CFGR_SW_PLL);
    return wait_for(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL);
}

static bool tree_enter(const clock_tree_t *tree) {
    if (!hsi_enter() || !hse_set(tree->source == CLOCK_SOURCE_HSE_PLL)) {
        return false;
    }
    write_field(&PWR_CR1, PWR_CR1_VOS, (4u - tree->voltage_scale) << PWR_CR1_VOS_SHIFT);
    return tree->source == CLOCK_SOURCE_HSI || pll_enter(tree);
}

static void options_set(uint32_t options) {
    const uint32_t art = FLASH_ACR_PRFTEN | FLASH_ACR_ARTEN;
    write_field(&FLASH_ACR, art, (options & CLOCK_OPTION_ART) ? art : 0);
    cache_icache_set((options & CLOCK_OPTION_ICACHE) != 0);
    cache_dcache_set((options & CLOCK_OPTION_DCACHE) != 0);
}

int port_clock_apply(const port_clock_t *clock, uint32_t options) {
    uint32_t count;
    const port_clock_t *rows = port_clocks(&count);
    const ptrdiff_t index = clock - rows;
    if (index < 0 || index >= (ptrdiff_t)count) {
        return PORT_ERROR_UNKNOWN;
    }
    if ((options & ~(uint32_t)CLOCK_OPTIONS_ALL) != 0) {
        return PORT_ERROR_UNSUPPORTED;
    }
    port_write_drain();
    if (!tree_enter(clock_table_tree((uint32_t)index))) {
        (void)hsi_enter();
        options_set(rows[0].options);
        return PORT_ERROR_TIMEOUT;
    }
    options_set(options);
    return PORT_OK;
}
