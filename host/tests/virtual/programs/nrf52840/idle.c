/* Finds the end of what the host sends without looking: every byte starts a timer anew, which stops after three byte times. */
#include "start.h"

static uint8_t buffer[256];

int main(void) {
    uarte_start();
    TIMER0(PRESCALER) = 4; /* 1 MHz */
    TIMER0(CC(0)) = 30;
    TIMER0(SHORTS) = 1u << 8;
    TIMER1(MODE) = 2;
    TIMER1(START) = 1;
    PPI(EEP(0)) = (uint32_t)&UARTE(RXDRDY);
    PPI(TEP(0)) = (uint32_t)&TIMER0(CLEAR);
    PPI(FORK(0)) = (uint32_t)&TIMER0(START);
    PPI(EEP(1)) = (uint32_t)&UARTE(RXDRDY);
    PPI(TEP(1)) = (uint32_t)&TIMER1(COUNT);
    PPI(EEP(2)) = (uint32_t)&TIMER0(COMPARE(0));
    PPI(TEP(2)) = (uint32_t)&TIMER1(CAPTURE(0));
    PPI(CHENSET) = 7;
    UARTE(RXD_PTR) = (uint32_t)buffer;
    UARTE(RXD_MAXCNT) = sizeof buffer;
    UARTE(STARTRX) = 1;
    for (;;) {
        while (TIMER0(COMPARE(0)) == 0) {
#ifdef COMPUTE
            for (volatile uint32_t i = 0; i < 20000; i++) {
            }
#endif
        }
        TIMER0(COMPARE(0)) = 0;
        send_hex(TIMER1(CC(0)));
    }
}
