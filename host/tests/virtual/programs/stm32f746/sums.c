/* Adds numbers as fast as it can, and never looks at a peripheral again after its first words. */
#include "start.h"

volatile uint32_t total;

int main(void) {
    start_clocks();
    uart_start(16);
    uart_text("adding\n");
    for (uint32_t i = 0;; i++) {
        total += i;
    }
}
