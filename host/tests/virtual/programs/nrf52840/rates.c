/* Sends back each byte and then goes to the rate that it stands for: see test_rates.py. */
#include "start.h"

static uint8_t received[1];

int main(void) {
    uarte_start();
    UARTE(RXD_PTR) = (uint32_t)received;
    UARTE(RXD_MAXCNT) = 1;
    for (;;) {
        UARTE(STARTRX) = 1;
        while (UARTE(ENDRX) == 0) {
        }
        UARTE(ENDRX) = 0;
        send(received, 1);
        if (received[0] == 'A') {
            UARTE(BAUDRATE) = 0x01D60000u; /* 115108 */
        } else if (received[0] == 'B') {
            UARTE(BAUDRATE) = 0x10000000u;
        }
    }
}
