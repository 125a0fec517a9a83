/* Says why it started, then starts the watchdog and does what LOOP says: see test_watchdog.py. */
#include "start.h"

#define IWDG_KR REGISTER(0x40003000u)
#define IWDG_PR REGISTER(0x40003004u)
#define IWDG_RLR REGISTER(0x40003008u)
#define IWDG_SR REGISTER(0x4000300Cu)
#define IWDG_WINR REGISTER(0x40003010u)
#define APB1_FZ REGISTER(0xE0042008u)

static uint8_t block[64];

static void kick(void) {
    IWDG_KR = 0xAAAA;
}

static inline void poll_and_kick(void) {
    for (;;) {
        kick();
        if (USART1_ISR & (1u << 5)) {
            uart_put((uint8_t)USART1_RDR);
        }
    }
}

static inline void poll_only(void) {
    (void)uart_get();
}

static inline void compute(void) {
    for (;;) {
    }
}

/* A transfer that takes several times as long as the watchdog waits. */
static inline void send_and_kick(void) {
    uart_drain();
    USART1_CR1 = 0;
    USART1_BRR = 13333; /* 1200 bits/s */
    USART1_CR3 = USART_CR3_DMAT;
    USART1_CR1 = USART_CR1_UE | USART_CR1_TE;
    for (uint32_t i = 0; i < sizeof block; i++) {
        block[i] = 'x';
    }
    DMA2_S7PAR = (uint32_t)&USART1_TDR;
    DMA2_S7M0AR = (uint32_t)block;
    DMA2_S7NDTR = sizeof block;
    USART1_ICR = USART_ICR_TCCF;
    DMA2_S7CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_DIR_MEMORY_TO_PERIPHERAL | DMA_SCR_EN;
    do {
        kick();
    } while ((USART1_ISR & USART_ISR_TC) == 0);
    poll_and_kick();
}

static inline void kick_too_early(void) {
    IWDG_KR = 0x5555;
    IWDG_WINR = 100;
    while (IWDG_SR != 0) {
    }
    kick();
    compute();
}

static inline void write_without_access(void) {
    kick();
    IWDG_RLR = 1;
    compute();
}

int main(void) {
    start_clocks();
    uart_start(16);
    uart_hex(RCC_CSR);
    RCC_CSR |= RCC_CSR_RMVF;
    APB1_FZ = 1u << 12; /* stands still with a halted core, of which there is none */
    IWDG_KR = 0xCCCC;
    IWDG_KR = 0x5555;
    IWDG_PR = 2;    /* LSI / 16 */
    IWDG_RLR = 199; /* 200 x 16 / 32 kHz = 100 ms */
    while (IWDG_SR != 0) {
    }
    kick();
    LOOP();
    for (;;) {
    }
}
