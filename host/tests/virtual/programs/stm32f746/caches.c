/* Reads itself and its surroundings: cache registers, unique id, pins, sleep. */
#include "start.h"

int main(void) {
    start_clocks();
    uart_start(16);
    SCB_CSSELR = 0;
    uart_hex(SCB_CCSIDR);
    SCB_CSSELR = 1;
    uart_hex(SCB_CCSIDR);
    for (uint32_t word = 0; word < 3; word++) {
        uart_hex(REGISTER(UID + 4 * word));
    }
    GPIO_MODER(GPIOI) = 1u << 6;
    GPIO_BSRR(GPIOI) = 1u << 3;
    uart_hex(REGISTER(GPIOI + 0x10));
    GPIO_BSRR(GPIOI) = 1u << 19;
    uart_hex(REGISTER(GPIOI + 0x10));
    uart_hex(*(volatile uint32_t *)0x00200004u - *(volatile uint32_t *)0x08000004u); /* the same flash, seen twice */
    uart_drain();
    __asm volatile("wfi");
    uart_text("woken\n");
    for (;;) {
    }
}
