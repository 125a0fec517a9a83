/* Tells why it started and what RAM held, resets itself when asked. */
#include "start.h"

static uint32_t starts __attribute__((section(".noinit")));

int main(void) {
    start_clocks();
    uart_start(16);
    uint32_t flags = RCC_CSR;
    RCC_CSR |= RCC_CSR_RMVF;
    starts = flags & RCC_CSR_PORRSTF ? 1 : starts + 1;
    uart_hex(flags);
    uart_hex(starts);
    uart_hex(GPIO_MODER(GPIOI)); /* a register that the last life changed */
    GPIO_MODER(GPIOI) = 0x55;
    (void)uart_get();
    uart_drain();
    SCB_AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
