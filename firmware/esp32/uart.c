/* UART0 through the driver of ESP-IDF: its interrupt moves what arrives from the 128-byte FIFO into a ring. */
#include "uart.h"

#include <driver/uart.h>

#include "port.h"

#define UART UART_NUM_0
#define TX_PIN 1 /* where the bridge is connected, as the boot loader in ROM needs it too */
#define RX_PIN 3

/* The fastest that every bridge on a DevKit can do: the data sheet of the CP2102 ends there. Others go further. */
#define BAUD 921600
#define BAUD_MAX 2000000

/* The divider counts in sixteenths of the 80 MHz APB clock (uart_ll_set_baudrate): 86 12/16 for 921600, 0.06 % off. */
#define SIXTEENTHS_HZ 1280000000u
#define TRUE_BAUD(baud) (SIXTEENTHS_HZ / (SIXTEENTHS_HZ / (baud)))
#define BAUD_MIN 1200 /* the divider has 20 bits */

#define RX_RING_BYTES 32768

/* The driver tells of every piece it moves, of 120 bytes if they come without a pause (UART_FULL_THRESH_DEFAULT). So
 * many fit that a ring filled during one inference leaves room for news of an error. */
#define EVENTS (RX_RING_BYTES / 120 + 24)

/* What is written goes into the FIFO at once. With a buffer of the driver's own, uart_wait_tx_done() may find the line
 * idle before the interrupt on the other core has moved the first byte. */
#define TX_BUFFER_BYTES 0

const uint32_t port_rx_ring_bytes = RX_RING_BYTES;
const uint32_t port_baud_boot = TRUE_BAUD(BAUD);
const uint32_t port_baud_max = TRUE_BAUD(BAUD_MAX);

static QueueHandle_t events;
static uint32_t overruns;

void uart_init(void) {
    const uart_config_t config = {
        .baud_rate = BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
        .source_clk = UART_SCLK_APB, /* 80 MHz at every clock setting */
    };
    ESP_ERROR_CHECK(uart_driver_install(UART, RX_RING_BYTES, TX_BUFFER_BYTES, EVENTS, &events, 0));
    ESP_ERROR_CHECK(uart_param_config(UART, &config));
    ESP_ERROR_CHECK(uart_set_pin(UART, TX_PIN, RX_PIN, UART_PIN_NO_CHANGE, UART_PIN_NO_CHANGE));
}

uint32_t port_baud_nearest(uint32_t baud) {
    if (baud < BAUD_MIN) {
        return TRUE_BAUD(BAUD_MIN);
    }
    return baud < BAUD_MAX ? TRUE_BAUD(baud) : TRUE_BAUD(BAUD_MAX);
}

void port_baud_set(uint32_t baud) {
    ESP_ERROR_CHECK(uart_set_baudrate(UART, baud));
}

/* Besides news of data there is only news of what went wrong: the FIFO overran, the ring is full, a break. */
static void errors_collect(void) {
    uart_event_t event;
    while (xQueueReceive(events, &event, 0) == pdTRUE) {
        if (event.type != UART_DATA) {
            overruns++;
        }
    }
}

size_t port_read(uint8_t *data, size_t size) {
    errors_collect();
    const int count = uart_read_bytes(UART, data, (uint32_t)size, 0);
    return count > 0 ? (size_t)count : 0;
}

void port_write(const uint8_t *data, size_t size) {
    (void)uart_write_bytes(UART, data, size);
}

/* The driver fills the FIFO in an interrupt, and the window masks that. */
void port_write_hand_over(void) {
    port_write_drain();
}

void port_write_drain(void) {
    (void)uart_wait_tx_done(UART, portMAX_DELAY);
}

uint32_t port_overruns(void) {
    return overruns;
}
