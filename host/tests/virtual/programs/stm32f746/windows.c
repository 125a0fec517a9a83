/* Marks a timed window for every byte that comes, with one `e` sent before and one `x` after it. */
#include "start.h"

int main(void) {
    start_clocks();
    uart_start(16);
    GPIO_MODER(GPIOI) = 1u << 6;
    for (;;) {
        (void)uart_get();
        uart_put('e');
        GPIO_BSRR(GPIOI) = 1u << 3;
        for (volatile uint32_t i = 0; i < 100; i++) {
        }
        GPIO_BSRR(GPIOI) = 1u << 19;
        uart_put('x');
    }
}
