/* The core's faults on this chip. */
#include "start.h"

#include "../core_faults.h"

void say_ready(void) {
    uarte_start();
}

void say(uint32_t value) {
    send_hex(value);
}
