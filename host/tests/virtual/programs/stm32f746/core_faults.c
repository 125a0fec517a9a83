/* The core's faults on this chip. */
#include "start.h"

#include "../core_faults.h"

void say_ready(void) {
    start_clocks();
    uart_start(16);
}

void mark(int active) {
    GPIO_MODER(GPIOI) = 1u << 6;
    GPIO_BSRR(GPIOI) = active ? 1u << 3 : 1u << 19;
}

void say(uint32_t value) {
    uart_hex(value);
}
