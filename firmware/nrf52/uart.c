/* UARTE0 with both directions by EasyDMA and no interrupt.
 *
 * EasyDMA does not say how far it has come, so TIMER1 counts: PPI lets each RXDRDY event count one byte. At the end of
 * the ring the receiver is started again by a shortcut, and with RXD.PTR unchanged it begins at the same place. What
 * comes in between waits in the receiver's FIFO of a few bytes. This is how Nordic's own drivers receive without gaps
 * (Zephyr, uart_nrfx_uarte.c), with two buffers in turn where we have one. The CPU has priority over EasyDMA at the RAM
 * (PS, AHB multilayer), so reception never makes it wait.
 *
 * Pins: TXD P0.06, RXD P0.08 (nRF52840 DK user guide). P0.05 and P0.07 would be flow control, which is not used. */
#include "uart.h"

#include "clock_table.h"
#include "port.h"
#include "registers.h"
#include "uart_buffers.h"

#define TXD_PIN 6u
#define RXD_PIN 8u

/* What BAUDRATE takes, and the rates that really come of it (MDK, UARTE_BAUDRATE). */
typedef struct uart_rate {
    uint32_t baud;
    uint32_t code;
} uart_rate_t;

static const uart_rate_t rates[] = {
    {9598, 0x00275000},   {14401, 0x003AF000},  {19208, 0x004EA000},  {28777, 0x0075C000},  {38369, 0x009D0000},
    {57554, 0x00EB0000},  {76923, 0x013A9000},  {115108, 0x01D60000}, {231884, 0x03B00000}, {250000, 0x04000000},
    {457143, 0x07400000}, {941176, 0x0F000000}, {1000000, 0x10000000},
};

#define RATES (sizeof rates / sizeof rates[0])
#define BYTE_BITS 10u

const uint32_t port_baud_boot = 1000000u;
const uint32_t port_baud_max = 1000000u;

/* Stopping takes the receiver a few byte times, in which a transmitter with flow control may go on (PS, UARTE). */
#define STOP_BYTES 100u

static uint32_t byte_cycles;
static uint32_t overruns;
static bool transmitting; /* started since the transmitter was last known to have stopped */

static void pins_init(void) {
    GPIO_OUTSET(P0) = 1u << TXD_PIN; /* before it becomes an output: the line idles high */
    GPIO_PIN_CNF(P0, TXD_PIN) = GPIO_PIN_CNF_OUTPUT;
    GPIO_PIN_CNF(P0, RXD_PIN) = GPIO_PIN_CNF_INPUT_PULLUP; /* the J-Link lets go of the line when nobody listens */
    UARTE0_PSEL_TXD = TXD_PIN;
    UARTE0_PSEL_RXD = RXD_PIN;
}

static void counter_init(void) {
    TIMER1_MODE = TIMER_MODE_LOW_POWER_COUNTER;
    TIMER1_BITMODE = TIMER_BITMODE_32;
    PPI_CH0_EEP = (uint32_t)(uintptr_t)&UARTE0_EVENTS_RXDRDY;
    PPI_CH0_TEP = (uint32_t)(uintptr_t)&TIMER1_TASKS_COUNT;
    PPI_CHENSET = 1u << 0;
    TIMER1_TASKS_START = 1;
}

/* With an empty FIFO, at index 0. */
static void reception_start(void) {
    TIMER1_TASKS_CLEAR = 1;
    UARTE0_RXD_PTR = (uint32_t)(uintptr_t)uart_rx_ring;
    UARTE0_RXD_MAXCNT = UART_RX_RING_BYTES;
    UARTE0_SHORTS = UARTE_SHORTS_ENDRX_STARTRX;
    UARTE0_TASKS_STARTRX = 1;
    uart_rx_forget();
}

static const uart_rate_t *rate_for(uint32_t baud) {
    const uart_rate_t *rate = rates;
    while (rate < rates + RATES - 1 && (rate[0].baud + rate[1].baud) / 2 < baud) {
        rate++;
    }
    return rate;
}

/* The receiver is off. */
static void rate_start(const uart_rate_t *rate) {
    byte_cycles = BYTE_BITS * CPU_HZ / rate->baud;
    UARTE0_BAUDRATE = rate->code;
    UARTE0_ENABLE = UARTE_ENABLE_ENABLED;
    reception_start();
}

void uart_init(void) {
    pins_init();
    counter_init();
    rate_start(rate_for(port_baud_boot));
}

static void event_wait(volatile uint32_t *event) {
    const uint32_t start = port_cycles();
    while (*event == 0 && port_cycles() - start < STOP_BYTES * byte_cycles) {
    }
}

/* PS, UARTE, stopping: STOPRX, its RXTO, then FLUSHRX moves what is left in the FIFO to the buffer, and ENDRX ends it. */
static void reception_stop(void) {
    UARTE0_SHORTS = 0;
    UARTE0_EVENTS_RXTO = 0;
    UARTE0_TASKS_STOPRX = 1;
    event_wait(&UARTE0_EVENTS_RXTO);
    UARTE0_EVENTS_ENDRX = 0;
    UARTE0_TASKS_FLUSHRX = 1;
    event_wait(&UARTE0_EVENTS_ENDRX);
}

uint32_t port_baud_nearest(uint32_t baud) {
    return rate_for(baud)->baud;
}

void port_baud_set(uint32_t baud) {
    reception_stop();
    UARTE0_ENABLE = 0;
    rate_start(rate_for(baud));
}

/* Whether a byte that was received with an error is counted and stored alike is not documented. If it is not, every later
 * byte would be looked for at the wrong place: so reception starts anew, and the host sends again what was lost. */
static void errors_collect(void) {
    const uint32_t errors = UARTE0_ERRORSRC;
    if (errors != 0) {
        UARTE0_ERRORSRC = errors;
        overruns++;
        reception_stop();
        reception_start();
    }
}

static uint32_t received_count(void) {
    TIMER1_TASKS_CAPTURE0 = 1;
    return TIMER1_CC0;
}

/* RXDRDY may come before its byte is in RAM (MDK, UARTE). How long before is not documented, but EasyDMA keeps up with the
 * line, so not by more than the time of a byte: that long we wait before new bytes are read. */
uint32_t uart_rx_head(void) {
    static uint32_t settled;
    errors_collect();
    const uint32_t count = received_count();
    if (count != settled) {
        const uint32_t start = port_cycles();
        while (port_cycles() - start < byte_cycles) {
        }
        settled = count;
    }
    return count % UART_RX_RING_BYTES;
}

bool uart_tx_busy(void) {
    return transmitting && UARTE0_EVENTS_ENDTX == 0;
}

void uart_tx_start(const uint8_t *data, uint32_t size) {
    UARTE0_TXD_PTR = (uint32_t)(uintptr_t)data;
    UARTE0_TXD_MAXCNT = size;
    UARTE0_EVENTS_ENDTX = 0;
    UARTE0_TASKS_STARTTX = 1;
    transmitting = true;
}

/* The transmitter has stopped only at TXSTOPPED. */
void uart_tx_drain(void) {
    if (!transmitting) {
        return;
    }
    UARTE0_EVENTS_TXSTOPPED = 0;
    UARTE0_TASKS_STOPTX = 1;
    event_wait(&UARTE0_EVENTS_TXSTOPPED);
    transmitting = false;
}

uint32_t port_overruns(void) {
    return overruns;
}
