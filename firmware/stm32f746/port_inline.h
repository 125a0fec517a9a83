/* The board's name, and the two calls that bracket the timed window, inline so that nothing but themselves is timed.
 * Included by port.h. */
#ifndef STM32F746_PORT_INLINE_H
#define STM32F746_PORT_INLINE_H

#include "cycle_counter.h"
#include "registers.h"

#define PORT_BOARD_NAME "stm32f746"

/* PI3, Arduino header pin D7 (UM1907): not the LED's pin, whose current a power meter would see. */
#define PORT_WINDOW_GPIO GPIOI
#define PORT_WINDOW_PIN 3u

static inline uint32_t port_cycles(void) {
    return cycle_counter_read();
}

static inline void port_window_mark(bool active) {
    GPIO_BSRR(PORT_WINDOW_GPIO) = 1u << (active ? PORT_WINDOW_PIN : PORT_WINDOW_PIN + 16u);
}

#endif
