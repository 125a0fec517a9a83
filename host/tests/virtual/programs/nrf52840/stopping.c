/* What the receiver does at the end: a buffer that is not full, bytes without a buffer, an overrun, an early stop. */
#include "start.h"

static uint8_t buffer[32];
static uint8_t out[32];

static void receive(uint32_t count) {
    UARTE(ENDRX) = 0;
    UARTE(RXD_PTR) = (uint32_t)buffer;
    UARTE(RXD_MAXCNT) = count;
    UARTE(STARTRX) = 1;
}

static void wait(uint32_t event) {
    while (UARTE(event) == 0) {
    }
    UARTE(event) = 0;
}

static void show(void) {
    uint32_t amount = UARTE(RXD_AMOUNT);
    for (uint32_t i = 0; i < amount; i++) {
        out[i] = buffer[i];
    }
    out[amount] = '\n';
    send(out, amount + 1);
}

int main(void) {
    uarte_start();
    cycles_start();
    receive(4);
    wait(ENDRX);
    show(); /* abcd */
    uint32_t start = DWT_CYCCNT;
    while (DWT_CYCCNT - start < 64000) { /* efghi wait in the FIFO, jk are lost */
    }
    send_hex(UARTE(ERROR) << 8 | UARTE(ERRORSRC));
    UARTE(ERRORSRC) = UARTE(ERRORSRC);
    receive(8);
    UARTE(STOPRX) = 1;
    wait(RXTO);
    send_hex(UARTE(ENDRX));
    show(); /* efghi */
    receive(3); /* nothing comes */
    UARTE(STOPRX) = 1;
    wait(RXTO);
    send_hex(UARTE(RXD_AMOUNT));
    UARTE(ENDRX) = 0;
    UARTE(FLUSHRX) = 1;
    wait(ENDRX);
    send(buffer, 0); /* ends at once */
    UARTE(TXD_PTR) = (uint32_t)buffer;
    UARTE(TXD_MAXCNT) = 32;
    UARTE(ENDTX) = 0;
    UARTE(TXSTOPPED) = 0;
    UARTE(TXDRDY) = 0;
    UARTE(STARTTX) = 1;
    wait(TXDRDY);
    wait(TXDRDY);
    UARTE(STOPTX) = 1;
    wait(TXSTOPPED);
    send_hex(UARTE(ENDTX) << 8 | UARTE(TXD_AMOUNT));
    for (;;) {
    }
}
