/* A timer that interrupts and drives a second one through the PPI, and a real-time counter that ends WFE. */
#include "start.h"

static volatile uint32_t ticks, alarms;

void on_timer0(void) {
    TIMER0(COMPARE(0)) = 0;
    ticks = ticks + 1;
}

void on_rtc1(void) {
    RTC1(COMPARE(0)) = 0;
    alarms = alarms + 1;
}

static void wait_alarm(void) {
    uint32_t before = alarms;
    while (alarms == before) {
        __asm volatile("wfe");
    }
}

int main(void) {
    uarte_start();
    TIMER1(MODE) = 2;
    TIMER1(BITMODE) = 0;
    TIMER1(CC(1)) = 3;
    TIMER1(START) = 1;
    PPI(EEP(0)) = (uint32_t)&TIMER0(COMPARE(0));
    PPI(TEP(0)) = (uint32_t)&TIMER1(COUNT);
    PPI(FORK(0)) = (uint32_t)&TIMER1(CAPTURE(0));
    PPI(CHENSET) = 1;
    TIMER0(BITMODE) = 3;
    TIMER0(PRESCALER) = 4; /* 1 MHz */
    TIMER0(CC(0)) = 1000;
    TIMER0(SHORTS) = 1;
    TIMER0(INTENSET) = 1u << 16;
    NVIC_ISER0 = 1u << 8 | 1u << 17;
    TIMER0(START) = 1;
    while (ticks < 5) {
    }
    TIMER0(STOP) = 1;
    TIMER0(CAPTURE(1)) = 1;
    send_hex(ticks);
    send_hex(TIMER1(CC(0)));
    send_hex(TIMER1(COMPARE(1)));
    send_hex(TIMER0(CC(1)) < 100);

    CLOCK(LFCLKSRC) = 0;
    CLOCK(LFCLKSTART) = 1;
    while (CLOCK(LFCLKSTARTED) == 0) {
    }
    RTC1(INTENSET) = 1u << 16;
    RTC1(CC(0)) = 328;
    RTC1(START) = 1;
    send_text("start\n");
    wait_alarm();
    send_text("10 ms\n");
    RTC1(CC(0)) = 2 * 328;
    wait_alarm();
    send_text("20 ms\n");
    send_hex(RTC1(0x504));
    for (;;) {
        __asm volatile("wfe");
    }
}
