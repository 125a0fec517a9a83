/* Runs the core from the PLL with the settings given at compile time, and answers every byte with the cycle count. */
#include "start.h"

#ifndef WAIT_STATES
#define WAIT_STATES 7
#endif

int main(void) {
    start_clocks();
    uart_start(16);
    cycles_start();
    RCC_CR |= RCC_CR_HSEON;
    while ((RCC_CR & RCC_CR_HSERDY) == 0) {
    }
    uart_hex(DWT_CYCCNT); /* how long the crystal took, in cycles of the HSI */
    RCC_PLLCFGR = 0x20000000u | PLLM | (PLLN << 6) | ((PLLP / 2 - 1) << 16) | RCC_PLLCFGR_PLLSRC_HSE | (9u << 24);
    RCC_CR |= RCC_CR_PLLON;
    PWR_CR1 |= PWR_CR1_ODEN;
    while ((PWR_CSR1 & PWR_CSR1_ODRDY) == 0) {
    }
    PWR_CR1 |= PWR_CR1_ODSWEN;
    while ((PWR_CSR1 & PWR_CSR1_ODSWRDY) == 0) {
    }
    FLASH_ACR = WAIT_STATES;
    RCC_CFGR = (5u << 10) | (4u << 13);
    while ((RCC_CR & RCC_CR_PLLRDY) == 0) {
    }
    RCC_CFGR |= RCC_CFGR_SW_PLL;
    while ((RCC_CFGR & RCC_CFGR_SWS) != RCC_CFGR_SWS_PLL) {
    }
    uart_text("running\n");
    for (;;) {
        (void)uart_get();
        uart_hex(DWT_CYCCNT);
    }
}
