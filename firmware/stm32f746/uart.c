/* USART1 with both directions by DMA and no interrupt: DMA2 stream 2 fills the receive ring without the core's help,
 * stream 7 sends.
 *
 * Pins: TX PA9, RX PB7, alternate function 7 (UM1907, DS10916). Both are on DMA2 channel 4 (RM0385 8.3.3).
 * The buffers are in DTCM, which is not cached, so no cache maintenance is needed; DMA2 reaches it through the core's
 * AHB slave port (RM0385 2.1). */
#include "uart.h"

#include "clock_table.h"
#include "port.h"
#include "registers.h"
#include "uart_buffers.h"

/* The baud rate is the kernel clock over a divider, with oversampling by 16 or by 8 (RM0385 31.5.4). From the 16 MHz
 * HSI, 16 gives 1 Mbit/s exactly, 8 gives 2 Mbit/s, 139 gives 115108. Not 921600: 17 gives 941176, 2.1 % more, which
 * with the HSI's own 1 % may be too much for the other end. */
#define DIVIDER_LEAST 8u
#define DIVIDER_MOST 0xFFFFu
#define DIVIDER_LEAST_BY_16 16u

const uint32_t port_baud_boot = 1000000u;
const uint32_t port_baud_max = HSI_HZ / DIVIDER_LEAST;

static uint32_t overruns;

static void pins_init(void) {
    GPIO_MODER(GPIOA) = (GPIO_MODER(GPIOA) & ~(3u << 18)) | (2u << 18);
    GPIO_OSPEEDR(GPIOA) |= 2u << 18;
    GPIO_PUPDR(GPIOA) = (GPIO_PUPDR(GPIOA) & ~(3u << 18)) | (1u << 18); /* idle too while the UART is off */
    GPIO_AFRH(GPIOA) = (GPIO_AFRH(GPIOA) & ~(0xFu << 4)) | (7u << 4);
    GPIO_MODER(GPIOB) = (GPIO_MODER(GPIOB) & ~(3u << 14)) | (2u << 14);
    GPIO_PUPDR(GPIOB) = (GPIO_PUPDR(GPIOB) & ~(3u << 14)) | (1u << 14); /* an open line is idle, not noise */
    GPIO_AFRL(GPIOB) = (GPIO_AFRL(GPIOB) & ~(0xFu << 28)) | (7u << 28);
}

/* RM0385 8.3.17, stream configuration: flags clear, addresses, count, configuration, then enable. */
static void dma_init(void) {
    DMA2_LIFCR = DMA2_LIFCR_STREAM2;
    DMA2_S2PAR = (uint32_t)(uintptr_t)&USART1_RDR;
    DMA2_S2M0AR = (uint32_t)(uintptr_t)uart_rx_ring;
    DMA2_S2NDTR = UART_RX_RING_BYTES;
    DMA2_S2CR = DMA_SCR_CHSEL_4 | DMA_SCR_PL_HIGH | DMA_SCR_MINC | DMA_SCR_CIRC;
    DMA2_S2CR |= DMA_SCR_EN;
    DMA2_S7PAR = (uint32_t)(uintptr_t)&USART1_TDR;
    DMA2_S7CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_DIR_MEMORY_TO_PERIPHERAL;
}

static uint32_t divider_for(uint32_t baud) {
    const uint32_t divider = (HSI_HZ + baud / 2) / baud;
    if (divider < DIVIDER_LEAST) {
        return DIVIDER_LEAST;
    }
    return divider < DIVIDER_MOST ? divider : DIVIDER_MOST;
}

uint32_t port_baud_nearest(uint32_t baud) {
    return HSI_HZ / divider_for(baud);
}

/* BRR and OVER8 may change only while the UART is off. Below 16 the divider counts eighths: BRR is twice the divider
 * with its last four bits one place to the right (RM0385 31.8.4), 0x10 for 8 and so on. The ring is not touched. */
void port_baud_set(uint32_t baud) {
    const uint32_t divider = divider_for(baud);
    const bool by_16 = divider >= DIVIDER_LEAST_BY_16;
    USART1_CR1 = 0;
    USART1_BRR = by_16 ? divider : 0x10u + divider - DIVIDER_LEAST;
    USART1_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | (by_16 ? 0 : USART_CR1_OVER8);
}

void uart_init(void) {
    RCC_DCKCFGR2 = (RCC_DCKCFGR2 & ~RCC_DCKCFGR2_USART1SEL) | RCC_DCKCFGR2_USART1SEL_HSI;
    pins_init();
    dma_init();
    USART1_CR3 = USART_CR3_DMAR | USART_CR3_DMAT;
    port_baud_set(port_baud_boot);
}

/* Counts and clears receive errors. The byte itself is in the ring: the frame's CRC judges it. */
static void errors_collect(void) {
    const uint32_t errors = USART1_ISR & (USART_ISR_ORE | USART_ISR_NF | USART_ISR_FE);
    if (errors != 0) {
        USART1_ICR = errors; /* the clear bits have the positions of the flags */
        overruns++;
    }
}

uint32_t uart_rx_head(void) {
    errors_collect();
    /* NDTR counts down from the ring's size to 1, then reloads. */
    return (UART_RX_RING_BYTES - DMA2_S2NDTR) % UART_RX_RING_BYTES;
}

/* The stream stops by itself at the end of its count. */
bool uart_tx_busy(void) {
    return (DMA2_S7CR & DMA_SCR_EN) != 0;
}

void uart_tx_start(const uint8_t *data, uint32_t size) {
    DMA2_HIFCR = DMA2_HIFCR_STREAM7;
    USART1_ICR = USART_ICR_TCCF; /* RM0385 31.5.15: TC must tell of this piece, not of the last one */
    DMA2_S7M0AR = (uint32_t)(uintptr_t)data;
    DMA2_S7NDTR = size;
    DMA2_S7CR |= DMA_SCR_EN;
}

void uart_tx_drain(void) {
    while ((USART1_ISR & USART_ISR_TC) == 0) {
    }
}

uint32_t port_overruns(void) {
    return overruns;
}
