/* Tells what is in the chip's read-only words, and what a reset keeps. */
#include "start.h"

static uint32_t starts __attribute__((section(".noinit")));
static uint8_t byte;

int main(void) {
    uarte_start();
    uint32_t reason = CLOCK(RESETREAS);
    CLOCK(RESETREAS) = reason;
    starts = reason == 0 ? 1 : starts + 1;
    send_hex(reason);
    send_hex(CLOCK(RESETREAS));
    send_hex(starts);
    send_hex(CLOCK(GPREGRET));
    send_hex(REGISTER(0x10001200u)); /* UICR */
    send_hex(NVMC(ICACHECNF));
    for (uint32_t at = 0x010; at <= 0x014; at += 4) {
        send_hex(REGISTER(0x10000000u + at));
    }
    send_hex(REGISTER(0x10000060u));
    send_hex(REGISTER(0x10000064u));
    for (uint32_t at = 0x100; at <= 0x110; at += 4) {
        send_hex(REGISTER(0x10000000u + at));
    }
    CLOCK(GPREGRET) = 0x5A;
    NVMC(0x504) = 1;
    REGISTER(0x10001200u) = 18; /* PSELRESET[0] */
    NVMC(0x504) = 0;
    NVMC(ICACHECNF) = 1;
    UARTE(RXD_PTR) = (uint32_t)&byte;
    UARTE(RXD_MAXCNT) = 1;
    UARTE(STARTRX) = 1;
    while (UARTE(ENDRX) == 0) {
    }
    SCB_AIRCR = SCB_RESET;
    for (;;) {
    }
}
