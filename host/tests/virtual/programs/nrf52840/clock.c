/* Starts the crystal and tells what the status registers say before, during and after, and how long it took. */
#include "start.h"

static volatile uint32_t interrupts;

void on_clock(void) {
    CLOCK(HFCLKSTARTED) = 0;
    interrupts = interrupts + 1;
}

int main(void) {
    uarte_start();
    cycles_start();
    send_hex(CLOCK(HFCLKSTAT));
    CLOCK(HFCLKSTARTED) = 0;
    uint32_t before = DWT_CYCCNT;
    CLOCK(HFCLKSTART) = 1;
    uint32_t soon = CLOCK(HFCLKSTAT);
    while (CLOCK(HFCLKSTARTED) == 0) {
    }
    uint32_t taken = DWT_CYCCNT - before;
    send_hex(soon);
    send_hex(taken);
    send_hex(CLOCK(HFCLKSTAT));
    CLOCK(HFCLKSTOP) = 1;
    send_hex(CLOCK(HFCLKSTAT));
    CLOCK(HFCLKSTARTED) = 0;
    CLOCK(INTENSET) = 1;
    NVIC_ISER0 = 1;
    CLOCK(HFCLKSTART) = 1;
    while (interrupts == 0) {
        __asm volatile("wfi");
    }
    send_text("running\n");
    for (;;) {
        __asm volatile("wfi");
    }
}
