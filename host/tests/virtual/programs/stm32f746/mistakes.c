/* One mistake per build, MISTAKE names its function. The others are here to show that they are not what is reported. */
#include "start.h"

void none(void);
void unmodelled(void);
void nowhere(void);
void reserved_bits(void);
void clock_gate(void);
void few_wait_states(void);
void counter_locked(void);
void counter_untraced(void);
void dma_wrong_register(void);
void dma_no_memory(void);
void dma_stale_flags(void);
void dma_live_change(void);
void pll_live_change(void);
void clock_not_ready(void);
void uart_no_pin(void);
void uart_divider(void);
void cache_lost(void);

void none(void) {
}

void unmodelled(void) {
    REGISTER(0x40000024u) = 5; /* TIM2 */
}

void nowhere(void) {
    (void)REGISTER(0x4000F000u);
}

void reserved_bits(void) {
    FLASH_ACR = 1u << 20;
}

void clock_gate(void) {
    RCC_APB2ENR &= ~RCC_APB2ENR_USART1EN;
    USART1_BRR = 20;
    RCC_APB2ENR |= RCC_APB2ENR_USART1EN;
}

void few_wait_states(void) {
    RCC_PLLCFGR = 0x20000000u | 16u | (192u << 6) | (9u << 24); /* HSI / 16 * 192 / 2 = 96 MHz */
    RCC_CR |= RCC_CR_PLLON;
    while ((RCC_CR & RCC_CR_PLLRDY) == 0) {
    }
    RCC_CFGR = (5u << 10) | (4u << 13);
    RCC_CFGR |= RCC_CFGR_SW_PLL;
}

void counter_locked(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

void counter_untraced(void) {
    DWT_LAR = DWT_LAR_UNLOCK;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

static void dma_send(uint32_t source, uint32_t target) {
    USART1_CR3 = USART_CR3_DMAT;
    DMA2_S7PAR = target;
    DMA2_S7M0AR = source;
    DMA2_S7NDTR = 4;
    DMA2_S7CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_DIR_MEMORY_TO_PERIPHERAL | DMA_SCR_EN;
}

void dma_wrong_register(void) {
    dma_send(0x20000000u, 0x40011024u);
    (void)DMA2_S7NDTR;
}

void dma_no_memory(void) {
    dma_send(0x30000000u, (uint32_t)&USART1_TDR);
    (void)DMA2_S7NDTR;
}

void dma_stale_flags(void) {
    dma_send(0x20000000u, (uint32_t)&USART1_TDR);
    uart_drain();
    dma_send(0x20000000u, (uint32_t)&USART1_TDR);
}

void dma_live_change(void) {
    dma_send(0x20000000u, (uint32_t)&USART1_TDR);
    DMA2_S7NDTR = 9;
}

void pll_live_change(void) {
    RCC_CR |= RCC_CR_PLLON;
    RCC_PLLCFGR = 0x20000000u | 16u | (192u << 6) | (9u << 24);
}

void clock_not_ready(void) {
    RCC_CFGR = 1; /* the crystal, which is off */
}

void uart_no_pin(void) {
    GPIO_MODER(GPIOA) &= ~(3u << 18);
    uart_put('x');
    uart_drain();
}

void uart_divider(void) {
    uart_start(3);
}

void uart_live_change(void) {
    USART1_BRR = 32;
}

void cache_lost(void) {
    SCB_CCR |= SCB_CCR_DC;
    SCB_DCISW = 0;
}

int main(void) {
    start_clocks();
    uart_start(16);
    MISTAKE();
    uart_start(16);
    uart_text("done\n");
    for (;;) {
    }
}
