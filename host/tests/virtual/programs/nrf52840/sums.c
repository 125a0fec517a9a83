/* Adds numbers in straight code that is longer than the flash hands over at once, and tells how many cycles it took. */
#include "start.h"

#ifndef ICACHE
#define ICACHE 1
#endif

volatile uint32_t total;

int main(void) {
    uarte_start();
    cycles_start();
    NVMC(ICACHECNF) = ICACHE;
    uint32_t start = DWT_CYCCNT;
    for (uint32_t i = 0; i < 1000; i++) {
        total += i;
        total ^= i;
        total += 3 * i;
        total ^= i << 3;
    }
    send_hex(DWT_CYCCNT - start);
    for (;;) {
    }
}
