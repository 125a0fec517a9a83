/* The receive ring and the transmit buffer behind port_read and port_write..., for UARTs with DMA in
 * both directions and no interrupt. The board's uart.c moves the bytes: it implements the functions below. */
#ifndef CORTEX_M_UART_BUFFERS_H
#define CORTEX_M_UART_BUFFERS_H

#include <stdbool.h>
#include <stdint.h>

#define UART_RX_RING_BYTES 32768u /* power of two, and at most 65535: DMA counters have 16 bits */

/* Filled from index 0 on, round and round. */
extern uint8_t uart_rx_ring[UART_RX_RING_BYTES];

/* Index of the first byte of the ring that has not arrived yet. */
uint32_t uart_rx_head(void);

/* Forgets what has arrived: the next byte comes to index 0. */
void uart_rx_forget(void);

/* Starts to send; `data` stays as it is until uart_tx_busy() is false. */
void uart_tx_start(const uint8_t *data, uint32_t size);
bool uart_tx_busy(void);

/* Waits until the last stop bit of what was started is on the wire. */
void uart_tx_drain(void);

#endif
