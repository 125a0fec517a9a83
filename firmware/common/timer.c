#include "timer.h"

#include "port.h"

/* Kept here because reading the clock tree's registers costs more than a look at the counter. */
static uint32_t cycles_per_ms;

void timer_update_clock(void) {
    cycles_per_ms = port_clock_hz() / 1000;
}

bool timer_has_passed(uint32_t since, uint32_t span_ms) {
    return port_cycles() - since >= span_ms * cycles_per_ms;
}
