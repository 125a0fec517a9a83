/* Marks a timed window for every byte that comes, with one `e` sent before and one `x` after it. */
#include "start.h"

static uint8_t byte;

int main(void) {
    uarte_start();
    P1(PIN_CNF(1)) = 1;
    UARTE(RXD_PTR) = (uint32_t)&byte;
    UARTE(RXD_MAXCNT) = 1;
    for (;;) {
        UARTE(ENDRX) = 0;
        UARTE(STARTRX) = 1;
        while (UARTE(ENDRX) == 0) {
        }
        send_text("e");
        P1(OUTSET) = 1u << 1;
        for (volatile uint32_t i = 0; i < 100; i++) {
        }
        P1(OUTCLR) = 1u << 1;
        send_text("x");
    }
}
