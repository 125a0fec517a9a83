/* The board's name, and the two calls that bracket the timed window, inline so that nothing but themselves is timed.
 * Included by port.h. */
#ifndef ESP32_PORT_INLINE_H
#define ESP32_PORT_INLINE_H

#include <driver/gpio.h>
#include <esp_cpu.h>
#include <freertos/FreeRTOS.h>

#define PORT_BOARD_NAME "esp32"

/* GPIO4 is on the headers of every DevKit, and neither a strapping pin nor one of the flash's. */
#define PORT_WINDOW_PIN GPIO_NUM_4

/* CCOUNT, which each core has of its own: both readings come from the core that runs the benchmark. */
static inline uint32_t port_cycles(void) {
    return esp_cpu_get_cycle_count();
}

/* Masks this core only; the UART's interrupt runs on the other one. */
static inline void port_window_mark(bool active) {
    if (active) {
        portDISABLE_INTERRUPTS();
        gpio_set_level(PORT_WINDOW_PIN, 1);
    } else {
        gpio_set_level(PORT_WINDOW_PIN, 0);
        portENABLE_INTERRUPTS();
    }
}

#endif
