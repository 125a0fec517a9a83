/* The core's faults on this chip. */
#include "start.h"

#include "../core_faults.h"

void say_ready(void) {
    start_clocks();
    uart_start(16);
}

void say(uint32_t value) {
    uart_hex(value);
}
