/* Whoever calls port_read or port_write... starts the next piece of the transmit buffer. */
#include "uart_buffers.h"

#include <string.h>

#include "barrier.h"
#include "port.h"

/* A power of two, and more than the largest RESULT: who waits for room does not compute. */
#define TX_BUFFER_BYTES 512u

const uint32_t port_rx_ring_bytes = UART_RX_RING_BYTES;

uint8_t uart_rx_ring[UART_RX_RING_BYTES] __attribute__((section(".ring"), aligned(4)));
static uint32_t rx_tail; /* index of the first byte not yet read */

static uint8_t tx_buffer[TX_BUFFER_BYTES];
static uint32_t tx_queued;  /* bytes ever put in; all three run modulo 2^32 */
static uint32_t tx_started; /* bytes ever handed to the UART */
static uint32_t tx_sent;    /* bytes that it has taken, whose places are free again */

void uart_rx_forget(void) {
    rx_tail = 0;
}

static void tx_service(void) {
    if (uart_tx_busy()) {
        return;
    }
    tx_sent = tx_started;
    if (tx_sent == tx_queued) {
        return;
    }
    const uint32_t start = tx_sent % TX_BUFFER_BYTES;
    const uint32_t waiting = tx_queued - tx_sent;
    const uint32_t to_end = TX_BUFFER_BYTES - start;
    const uint32_t piece = waiting < to_end ? waiting : to_end;
    tx_started += piece;
    barrier_data();
    uart_tx_start(&tx_buffer[start], piece);
}

size_t port_read(uint8_t *data, size_t size) {
    tx_service();
    const uint32_t head = uart_rx_head();
    barrier_data();
    size_t count = 0;
    while (count < size && rx_tail != head) {
        const uint32_t in_a_row = (head > rx_tail ? head : UART_RX_RING_BYTES) - rx_tail;
        const size_t piece = in_a_row < size - count ? in_a_row : size - count;
        memcpy(data + count, &uart_rx_ring[rx_tail], piece);
        count += piece;
        rx_tail = (rx_tail + piece) % UART_RX_RING_BYTES;
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

void port_write_hand_over(void) {
    do {
        tx_service();
    } while (tx_started != tx_queued);
}

void port_write_drain(void) {
    do {
        tx_service();
    } while (tx_sent != tx_queued);
    uart_tx_drain();
}
