/* Faults once; its HardFault handler resets the board. */
#include "start.h"

extern uint32_t __stack_end[];
void start_reset(void);

static void handler(void) {
    uart_text("handler\n");
    uart_drain();
    SCB_AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}

typedef void (*vector_t)(void);
const struct {
    uint32_t *stack;
    vector_t vectors[15];
} table __attribute__((aligned(512))) = {__stack_end, {[0] = start_reset, [2] = handler}};

int main(void) {
    SCB_VTOR = (uint32_t)&table;
    start_clocks();
    uart_start(16);
    if (RCC_CSR & RCC_CSR_SFTRSTF) {
        uart_text("restarted\n");
    } else {
        uart_text("first\n");
        REGISTER(0x70000000u) = 1;
    }
    for (;;) {
    }
}
