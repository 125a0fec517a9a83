/* The board's name, and the two calls that bracket the timed window, inline so that nothing but themselves is timed.
 * Included by port.h. */
#ifndef NRF52840_PORT_INLINE_H
#define NRF52840_PORT_INLINE_H

#include "cycle_counter.h"
#include "registers.h"

#define PORT_BOARD_NAME "nrf52840"

/* P1.01, Arduino header pin D0: not an LED's pin, whose current a power meter would see. */
#define PORT_WINDOW_GPIO P1
#define PORT_WINDOW_PIN 1u

static inline uint32_t port_cycles(void) {
    return cycle_counter_read();
}

static inline void port_window_mark(bool active) {
    if (active) {
        GPIO_OUTSET(PORT_WINDOW_GPIO) = 1u << PORT_WINDOW_PIN;
    } else {
        GPIO_OUTCLR(PORT_WINDOW_GPIO) = 1u << PORT_WINDOW_PIN;
    }
}

#endif
