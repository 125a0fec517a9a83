/* Sends back every byte, by polling. */
#include "start.h"

#ifndef DIVIDER
#define DIVIDER 16 /* 1 Mbit/s from the HSI */
#endif

int main(void) {
    start_clocks();
    uart_start(DIVIDER);
#ifndef QUIET
    uart_text("ready\n");
#endif
    for (;;) {
        uart_put(uart_get());
    }
}
