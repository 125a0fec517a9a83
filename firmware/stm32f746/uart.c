/* USART1 with both directions by DMA and no interrupt: DMA2 stream 2 fills a ring without the core's help, stream 7
 * empties a small buffer, and whoever calls port_read, port_write or port_write_drain starts its next piece.
 *
 * Pins: TX PA9, RX PB7, alternate function 7 (UM1907, DS10916). Both are on DMA2 channel 4 (RM0385 8.3.3).
 * The buffers are in DTCM, which is not cached, so no cache maintenance is needed; DMA2 reaches it through the core's
 * AHB slave port (RM0385 2.1). */
#include "uart.h"

#include <stdbool.h>
#include <string.h>

#include "barrier.h"
#include "clock_table.h"
#include "port.h"
#include "registers.h"

/* With oversampling by 16 the baud rate is the kernel clock / BRR (RM0385 31.5.4). From the 16 MHz HSI the divider 16
 * gives 1 Mbit/s exactly. 921600 would be 2 % off (17 is the nearest divider, and OVER8 has the same steps), which
 * with the HSI's own 1 % is too near to what a receiver tolerates. */
#define BAUD_DIVIDER 16u

#define RX_RING_BYTES 16384u /* power of two, and at most 65535: NDTR has 16 bits */
#define TX_BUFFER_BYTES 256u /* power of two */

const uint32_t port_rx_ring_bytes = RX_RING_BYTES;
const uint32_t port_baud = HSI_HZ / BAUD_DIVIDER;

static uint8_t rx_ring[RX_RING_BYTES] __attribute__((section(".ring"), aligned(4)));
static uint32_t rx_tail; /* index of the first byte not yet read */
static uint32_t overruns;

static uint8_t tx_buffer[TX_BUFFER_BYTES];
static uint32_t tx_queued;    /* bytes ever put in; both counters run modulo 2^32 */
static uint32_t tx_sent;      /* bytes ever handed to the UART */
static uint32_t tx_in_flight; /* bytes the DMA stream was last started with */

static void pins_init(void) {
    GPIO_MODER(GPIOA) = (GPIO_MODER(GPIOA) & ~(3u << 18)) | (2u << 18);
    GPIO_OSPEEDR(GPIOA) |= 2u << 18;
    GPIO_AFRH(GPIOA) = (GPIO_AFRH(GPIOA) & ~(0xFu << 4)) | (7u << 4);
    GPIO_MODER(GPIOB) = (GPIO_MODER(GPIOB) & ~(3u << 14)) | (2u << 14);
    GPIO_PUPDR(GPIOB) = (GPIO_PUPDR(GPIOB) & ~(3u << 14)) | (1u << 14); /* an open line is idle, not noise */
    GPIO_AFRL(GPIOB) = (GPIO_AFRL(GPIOB) & ~(0xFu << 28)) | (7u << 28);
}

/* RM0385 8.3.17, stream configuration: flags clear, addresses, count, configuration, then enable. */
static void dma_init(void) {
    DMA2_LIFCR = DMA2_LIFCR_STREAM2;
    DMA2_S2PAR = (uint32_t)(uintptr_t)&USART1_RDR;
    DMA2_S2M0AR = (uint32_t)(uintptr_t)rx_ring;
    DMA2_S2NDTR = RX_RING_BYTES;
    DMA2_S2CR = DMA_SCR_CHSEL_4 | DMA_SCR_PL_HIGH | DMA_SCR_MINC | DMA_SCR_CIRC;
    DMA2_S2CR |= DMA_SCR_EN;
    DMA2_S7PAR = (uint32_t)(uintptr_t)&USART1_TDR;
    DMA2_S7CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_DIR_MEMORY_TO_PERIPHERAL;
}

void uart_init(void) {
    RCC_DCKCFGR2 = (RCC_DCKCFGR2 & ~RCC_DCKCFGR2_USART1SEL) | RCC_DCKCFGR2_USART1SEL_HSI;
    pins_init();
    dma_init();
    USART1_BRR = BAUD_DIVIDER;
    USART1_CR3 = USART_CR3_DMAR | USART_CR3_DMAT;
    USART1_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

/* Counts and clears receive errors. The byte itself is in the ring: the frame's CRC judges it. */
static void errors_collect(void) {
    const uint32_t errors = USART1_ISR & (USART_ISR_ORE | USART_ISR_NF | USART_ISR_FE);
    if (errors != 0) {
        USART1_ICR = errors; /* the clear bits have the positions of the flags */
        overruns++;
    }
}

/* Starts the next piece of the transmit buffer if the stream is free; it stops by itself at the end of its count. */
static void tx_service(void) {
    if ((DMA2_S7CR & DMA_SCR_EN) != 0) {
        return;
    }
    tx_sent += tx_in_flight;
    tx_in_flight = 0;
    if (tx_sent == tx_queued) {
        return;
    }
    const uint32_t start = tx_sent % TX_BUFFER_BYTES;
    const uint32_t waiting = tx_queued - tx_sent;
    const uint32_t to_end = TX_BUFFER_BYTES - start;
    tx_in_flight = waiting < to_end ? waiting : to_end;
    barrier_data();
    DMA2_HIFCR = DMA2_HIFCR_STREAM7;
    USART1_ICR = USART_ICR_TCCF; /* RM0385 31.5.15: TC must tell of this piece, not of the last one */
    DMA2_S7M0AR = (uint32_t)(uintptr_t)&tx_buffer[start];
    DMA2_S7NDTR = tx_in_flight;
    DMA2_S7CR |= DMA_SCR_EN;
}

size_t port_read(uint8_t *data, size_t size) {
    errors_collect();
    tx_service();
    /* NDTR counts down from the ring's size to 1, then reloads. */
    const uint32_t head = (RX_RING_BYTES - DMA2_S2NDTR) % RX_RING_BYTES;
    barrier_data();
    size_t count = 0;
    while (count < size && rx_tail != head) {
        const uint32_t end = head > rx_tail ? head : RX_RING_BYTES;
        const size_t room = size - count;
        const size_t piece = end - rx_tail < room ? end - rx_tail : room;
        memcpy(data + count, &rx_ring[rx_tail], piece);
        rx_tail = (rx_tail + (uint32_t)piece) % RX_RING_BYTES;
        count += piece;
    }
    return count;
}

void port_write(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        while (tx_queued - tx_sent == TX_BUFFER_BYTES) {
            tx_service();
        }
        tx_buffer[tx_queued % TX_BUFFER_BYTES] = data[i];
        tx_queued++;
    }
    tx_service();
}

void port_write_drain(void) {
    do {
        tx_service();
    } while (tx_in_flight != 0 || (USART1_ISR & USART_ISR_TC) == 0);
}

uint32_t port_overruns(void) {
    return overruns;
}
