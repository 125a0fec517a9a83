/* Sends back every byte: received without interrupts into a ring that the receiver fills again and again, while a timer
 * counts bytes through the PPI. */
#include "start.h"

#ifndef RING
#define RING 64u
#endif
#ifndef BAUD
#define BAUD 0x10000000u
#endif
static uint8_t ring[RING];
static uint8_t out[RING];

int main(void) {
    uarte_start();
    UARTE(BAUDRATE) = BAUD;
    TIMER1(MODE) = 2;
    TIMER1(BITMODE) = 3;
    PPI(EEP(3)) = (uint32_t)&UARTE(RXDRDY);
    PPI(TEP(3)) = (uint32_t)&TIMER1(COUNT);
    PPI(CHENSET) = 1u << 3;
    TIMER1(START) = 1;
    UARTE(RXD_PTR) = (uint32_t)ring;
    UARTE(RXD_MAXCNT) = RING;
    UARTE(SHORTS) = 1u << 5;
    UARTE(STARTRX) = 1;
#ifndef QUIET
    send_text("ready\n");
#endif
    uint32_t tail = 0;
    for (;;) {
        TIMER1(CAPTURE(2)) = 1;
        uint32_t head = TIMER1(CC(2));
        uint32_t count = 0;
        while (tail != head) {
            out[count++ % RING] = ring[tail++ % RING];
        }
        if (count != 0) {
            send(out, count < RING ? count : RING);
        }
    }
}
