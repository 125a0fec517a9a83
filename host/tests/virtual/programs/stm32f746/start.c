#include "start.h"

extern uint32_t __stack_end[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[];

void start_reset(void);
void start_fault(void);

typedef void (*vector_t)(void);

void start_reset(void) {
    const uint32_t *source = __data_load;
    for (uint32_t *target = __data_start; target < __data_end; target++) {
        *target = *source++;
    }
    for (uint32_t *target = __bss_start; target < __bss_end; target++) {
        *target = 0;
    }
    main();
    for (;;) {
    }
}

void start_fault(void) {
    for (;;) {
    }
}

const struct {
    uint32_t *stack;
    vector_t reset;
    vector_t exceptions[14];
} start_vectors __attribute__((section(".vectors"), used)) = {__stack_end, start_reset, {start_fault, start_fault}};

void start_clocks(void) {
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_GPIOBEN | RCC_AHB1ENR_GPIOIEN | RCC_AHB1ENR_DMA2EN;
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    RCC_APB2ENR |= RCC_APB2ENR_USART1EN;
    RCC_DCKCFGR2 = RCC_DCKCFGR2_USART1SEL_HSI;
    GPIO_MODER(GPIOA) = (GPIO_MODER(GPIOA) & ~(3u << 18)) | (2u << 18);
    GPIO_AFRH(GPIOA) |= 7u << 4;
    GPIO_MODER(GPIOB) = (GPIO_MODER(GPIOB) & ~(3u << 14)) | (2u << 14);
    GPIO_AFRL(GPIOB) |= 7u << 28;
}

void uart_start(uint32_t divider) {
    USART1_CR1 = 0; /* the divider cannot change while it is on */
    USART1_BRR = divider;
    USART1_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

void uart_put(uint8_t byte) {
    while ((USART1_ISR & (1u << 7)) == 0) {
    }
    USART1_TDR = byte;
}

uint8_t uart_get(void) {
    while ((USART1_ISR & (1u << 5)) == 0) {
    }
    return (uint8_t)USART1_RDR;
}

void uart_text(const char *text) {
    while (*text != '\0') {
        uart_put((uint8_t)*text++);
    }
}

void uart_hex(uint32_t value) {
    for (uint32_t shift = 32; shift != 0; shift -= 4) {
        uart_put((uint8_t)"0123456789abcdef"[(value >> (shift - 4)) & 15u]);
    }
    uart_put('\n');
}

void uart_drain(void) {
    while ((USART1_ISR & USART_ISR_TC) == 0) {
    }
}

void cycles_start(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_LAR_UNLOCK;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}
