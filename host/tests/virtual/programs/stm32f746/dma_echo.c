/* Sends back every byte: received by circular DMA into a small ring, sent by DMA in pieces. */
#include "start.h"

#define RING 64u
#ifndef NAP_LOOPS
#define NAP_LOOPS 0 /* how long it looks away when the first byte has come */
#endif
static uint8_t ring[RING];
static uint8_t out[RING];

static void send(uint32_t count) {
    DMA2_HIFCR = DMA2_HIFCR_STREAM7;
    USART1_ICR = USART_ICR_TCCF;
    DMA2_S7PAR = (uint32_t)&USART1_TDR;
    DMA2_S7M0AR = (uint32_t)out;
    DMA2_S7NDTR = count;
    DMA2_S7CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_DIR_MEMORY_TO_PERIPHERAL | DMA_SCR_EN;
    while ((DMA2_HISR & (1u << 27)) == 0) { /* TCIF7 */
    }
    uart_drain();
}

int main(void) {
    start_clocks();
    DMA2_S2PAR = (uint32_t)&USART1_RDR;
    DMA2_S2M0AR = (uint32_t)ring;
    DMA2_S2NDTR = RING;
    DMA2_S2CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_CIRC | DMA_SCR_EN;
    USART1_CR3 = USART_CR3_DMAR | USART_CR3_DMAT;
    uart_start(16);
    uint32_t tail = 0;
    for (;;) {
        uint32_t head = (RING - DMA2_S2NDTR) % RING;
        uint32_t count = 0;
        while (tail != head) {
            out[count++] = ring[tail];
            tail = (tail + 1) % RING;
        }
        if (count != 0) {
            for (volatile uint32_t i = NAP_LOOPS; i != 0; i--) {
            }
            send(count);
        }
    }
}
