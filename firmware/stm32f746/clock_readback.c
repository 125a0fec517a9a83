/* The clock setting as the registers say it is, whatever the table promised. */
#include "cache.h"
#include "clock_table.h"
#include "port.h"
#include "registers.h"

static bool pll_is_core_clock(void) {
    return (RCC_CFGR & RCC_CFGR_SWS) == RCC_CFGR_SWS_PLL;
}

static bool pll_source_is_hse(void) {
    return (RCC_PLLCFGR & RCC_PLLCFGR_PLLSRC_HSE) != 0;
}

/* This port never divides AHB, so the core runs at the system clock. RM0385 5.3.2. */
uint32_t port_clock_hz(void) {
    if (!pll_is_core_clock()) {
        return HSI_HZ;
    }
    const uint32_t m = (RCC_PLLCFGR & RCC_PLLCFGR_PLLM) >> RCC_PLLCFGR_PLLM_SHIFT;
    const uint32_t n = (RCC_PLLCFGR & RCC_PLLCFGR_PLLN) >> RCC_PLLCFGR_PLLN_SHIFT;
    const uint32_t p = 2u * (((RCC_PLLCFGR & RCC_PLLCFGR_PLLP) >> RCC_PLLCFGR_PLLP_SHIFT) + 1u);
    const uint32_t input_hz = pll_source_is_hse() ? HSE_HZ : HSI_HZ;
    return input_hz / m * n / p; /* every input of the table is a multiple of its m, and the VCO is below 2^32 Hz */
}

uint32_t port_clock_options(void) {
    return (cache_icache_enabled() ? CLOCK_OPTION_ICACHE : 0u) | (cache_dcache_enabled() ? CLOCK_OPTION_DCACHE : 0u) |
           ((FLASH_ACR & FLASH_ACR_ARTEN) ? CLOCK_OPTION_ART : 0u);
}

/* Divider of a PPRE field: codes 0 to 3 are 1, then 2, 4, 8, 16. RM0385 5.3.3. */
static uint32_t bus_divider(uint32_t shift) {
    const uint32_t code = (RCC_CFGR >> shift) & 7u;
    return code < 4u ? 1u : 2u << (code - 4u);
}

typedef struct text {
    char *next;
    char *end; /* the NUL goes here at the latest */
} text_t;

static void text_append(text_t *text, const char *words) {
    while (*words != '\0' && text->next < text->end) {
        *text->next++ = *words++;
    }
    *text->next = '\0';
}

static void text_append_number(text_t *text, const char *key, uint32_t value) {
    char digits[11];
    char *first = &digits[sizeof digits - 1];
    *first = '\0';
    do {
        *--first = (char)('0' + value % 10u);
        value /= 10u;
    } while (value != 0);
    text_append(text, key);
    text_append(text, first);
}

void port_clock_describe(char *text, size_t size) {
    if (size == 0) {
        return;
    }
    text_t out = {text, text + size - 1};
    const uint32_t hz = port_clock_hz();
    text_append_number(&out, "wait_states=", FLASH_ACR & FLASH_ACR_LATENCY);
    text_append_number(&out, " voltage_scale=", 4u - ((PWR_CR1 & PWR_CR1_VOS) >> PWR_CR1_VOS_SHIFT));
    text_append_number(&out, " overdrive=", (PWR_CSR1 & PWR_CSR1_ODSWRDY) != 0);
    text_append(&out, " source=");
    text_append(&out, !pll_is_core_clock() ? "hsi" : pll_source_is_hse() ? "hse-pll" : "hsi-pll");
    text_append_number(&out, " apb1_hz=", hz / bus_divider(RCC_CFGR_PPRE1_SHIFT));
    text_append_number(&out, " apb2_hz=", hz / bus_divider(RCC_CFGR_PPRE2_SHIFT));
}
