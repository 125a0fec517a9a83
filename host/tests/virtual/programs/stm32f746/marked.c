/* An image with a mark: tells which build it is, why and how often it started, and for every byte that comes the cycles
 * of its work, which differs from build to build. It is some pages of flash long. */
#include "start.h"

#define TEXT(name) #name
#define NAME(macro) TEXT(macro)

const char image_mark[] = "mcubench-image board=" NAME(BOARD) " build=" NAME(BUILD);
const uint8_t pages[100000] = {1};

static uint32_t starts __attribute__((section(".noinit")));

/* Both instructions take four bytes, so that images differ in nothing but what it costs to run them. */
#ifndef WORK
#define WORK add.w
#endif

static void work(void) {
    for (volatile uint32_t i = 0; i < 50; i++) {
        __asm volatile(NAME(WORK) " r3, %0, %0" ::"r"(i) : "r3");
    }
}

int main(void) {
    start_clocks();
    uart_start(16);
    uint32_t flags = RCC_CSR;
    RCC_CSR |= RCC_CSR_RMVF;
    uart_text("build " NAME(BUILD));
    uart_text(flags & RCC_CSR_PORRSTF ? " power-on " : flags & RCC_CSR_PINRSTF ? " pin " : " other ");
    uart_hex(++starts);
    cycles_start();
    for (;;) {
        (void)uart_get();
        uint32_t before = DWT_CYCCNT;
        work();
        uart_hex(DWT_CYCCNT - before);
    }
}
