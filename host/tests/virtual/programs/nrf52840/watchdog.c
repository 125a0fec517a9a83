/* Says why it started and what the watchdog is set to, starts it and does what LOOP says: see test_watchdog.py. */
#include "start.h"

#define WDT(offset) REGISTER(0x40010000u + (offset))
#define RUNSTATUS 0x400
#define CRV 0x504
#define RREN 0x508
#define WDT_CONFIG 0x50C
#define RR(channel) (0x600 + 4 * (channel))
#define RELOAD 0x6E524635u
#define AIRCR REGISTER(0xE000ED0Cu)

static uint8_t received[1];

static void kick(void) {
    WDT(RR(0)) = RELOAD;
    WDT(RR(3)) = RELOAD;
}

static inline void poll_and_kick(void) {
    UARTE(RXD_PTR) = (uint32_t)received;
    UARTE(RXD_MAXCNT) = 1;
    UARTE(STARTRX) = 1;
    for (;;) {
        kick();
        if (UARTE(ENDRX)) {
            UARTE(ENDRX) = 0;
            send(received, 1);
            UARTE(STARTRX) = 1;
        }
    }
}

static inline void poll_only(void) {
    while (UARTE(ENDRX) == 0) {
    }
}

static inline void compute(void) {
    for (;;) {
    }
}

static inline void one_request_of_two(void) {
    for (;;) {
        WDT(RR(0)) = RELOAD;
        (void)UARTE(ENDRX);
    }
}

static inline void soft_reset(void) {
    WDT(CRV) = 0xFFFF; /* locked while it runs */
    AIRCR = 0x05FA0004u;
    compute();
}

int main(void) {
    uarte_start();
    send_hex(CLOCK(RESETREAS));
    const uint32_t soft = CLOCK(RESETREAS) & 4;
    CLOCK(RESETREAS) = 0x001F000Fu;
    send_hex(WDT(RUNSTATUS));
    send_hex(WDT(CRV));
    if (soft) {
        compute(); /* it still runs: whoever does not reload it is bitten */
    }
    WDT(CRV) = 3276; /* 3277 / 32768 Hz = 100 ms */
    WDT(RREN) = 1u << 0 | 1u << 3;
    WDT(WDT_CONFIG) = 1;
    WDT(0) = 1;
    LOOP();
    for (;;) {
    }
}
