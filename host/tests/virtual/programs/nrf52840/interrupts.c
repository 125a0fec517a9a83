/* Receives into two buffers in turn: the next one is announced when one has been started. Sends back each full one. */
#include "start.h"

#define BYTES 8u

static uint8_t buffers[2][BYTES];
static volatile uint32_t started, filled;

void on_uarte(void) {
    if (UARTE(RXSTARTED)) {
        UARTE(RXSTARTED) = 0;
        started = started + 1;
        UARTE(RXD_PTR) = (uint32_t)buffers[started % 2];
    }
    if (UARTE(ENDRX)) {
        UARTE(ENDRX) = 0;
        filled = filled + 1;
    }
}

int main(void) {
    uarte_start();
    UARTE(RXD_PTR) = (uint32_t)buffers[0];
    UARTE(RXD_MAXCNT) = BYTES;
    UARTE(SHORTS) = 1u << 5;
    UARTE(INTENSET) = 1u << 19 | 1u << 4;
    NVIC_ISER0 = 1u << 2;
    UARTE(STARTRX) = 1;
    for (uint32_t sent = 0;; sent++) {
        while (sent == filled) {
            __asm volatile("wfe\n sev\n wfe");
        }
        send(buffers[sent % 2], BYTES);
    }
}
