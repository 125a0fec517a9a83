/* One mistake per build, MISTAKE names its function. The others are here to show that they are not what is reported. */
#include "start.h"

static uint8_t byte;

void none(void) {
}

void unmodelled(void) {
    REGISTER(0x4000D000u) = 1; /* RNG */
}

void nowhere(void) {
    (void)REGISTER(0x40030000u);
}

void reserved_bits(void) {
    NVMC(ICACHECNF) = 1u << 4;
}

static void send_from(uint32_t address, uint32_t count) {
    UARTE(TXD_PTR) = address;
    UARTE(TXD_MAXCNT) = count;
    UARTE(STARTTX) = 1;
}

void dma_from_flash(void) {
    send_from(0x100, 4);
}

void dma_over_the_end(void) {
    send_from(0x2003FFFE, 4);
}

void dma_of_nothing(void) {
    UARTE(RXD_PTR) = (uint32_t)&byte;
    UARTE(RXD_MAXCNT) = 0;
    UARTE(STARTRX) = 1;
}

void not_enabled(void) {
    UARTE(ENABLE) = 0;
    send_from((uint32_t)&byte, 1);
}

void other_uart(void) {
    UARTE(ENABLE) = 4;
}

void no_pin(void) {
    UARTE(ENABLE) = 0;
    UARTE(PSEL_TXD) = 0xFFFFFFFFu;
    UARTE(ENABLE) = 8;
    send(&byte, 1);
}

void pin_while_on(void) {
    UARTE(PSEL_RXD) = 8;
}

void twice(void) {
    send_from((uint32_t)&byte, 1);
    UARTE(STARTTX) = 1;
    while (UARTE(ENDTX) == 0) {
    }
}

void parity(void) {
    UARTE(CONFIG) = 0xE;
}

void off_in_transfer(void) {
    send_from((uint32_t)&byte, 1);
    UARTE(ENABLE) = 0;
}

void ppi_nowhere(void) {
    PPI(EEP(7)) = 0x40006100u; /* GPIOTE */
    PPI(TEP(7)) = (uint32_t)&UARTE(STARTTX);
    PPI(CHENSET) = 1u << 7;
}

void ppi_radio(void) {
    PPI(CHENSET) = 1u << 20;
}

void count_while_stopped(void) {
    TIMER1(MODE) = 2;
    TIMER1(COUNT) = 1;
}

void count_as_timer(void) {
    TIMER1(START) = 1;
    TIMER1(COUNT) = 1;
}

void prescaler_while_running(void) {
    TIMER1(START) = 1;
    TIMER1(PRESCALER) = 2;
}

void erase(void) {
    NVMC(0x508) = 0x8000;
}

void uicr_locked(void) {
    REGISTER(0x10001080u) = 1;
}

void counter_untraced(void) {
    DWT_CTRL |= 1;
}

int main(void) {
    uarte_start();
    MISTAKE();
    UARTE(ENABLE) = 0;
    uarte_start();
    UARTE(CONFIG) = 0;
    send_text("done\n");
    for (;;) {
    }
}
