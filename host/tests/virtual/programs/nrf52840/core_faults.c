/* The core's faults on this chip. */
#include "start.h"

#include "../core_faults.h"

void say_ready(void) {
    uarte_start();
}

void mark(int active) {
    P1(PIN_CNF(1)) = 1;
    P1(active ? OUTSET : OUTCLR) = 1u << 1;
}

void say(uint32_t value) {
    send_hex(value);
}
