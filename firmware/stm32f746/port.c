/* Identity and start of the port. */
#include "port.h"

#include <string.h>

#include "clock.h"
#include "cycle_counter.h"
#include "registers.h"
#include "uart.h"
#include "watchdog.h"

#define LED_PIN 1u /* LD1, green, on PI1 (UM1907) */

const bool port_counts_time = false;

static uint32_t reset_flags;

const char *port_core_name(void) {
    return "cortex-m7";
}

size_t port_uid(uint8_t *uid, size_t size) {
    const size_t count = size < UID_BYTES ? size : UID_BYTES;
    memcpy(uid, (const void *)UID, count);
    return count;
}

/* The lock register is the M7's own: the DWT is locked after a reset without a debugger. */
static void cycle_counter_init(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_LAR_UNLOCK;
    cycle_counter_start();
}

static void window_pin_init(void) {
    GPIO_MODER(PORT_WINDOW_GPIO) =
        (GPIO_MODER(PORT_WINDOW_GPIO) & ~(3u << (2u * PORT_WINDOW_PIN))) | (1u << (2u * PORT_WINDOW_PIN));
    GPIO_OSPEEDR(PORT_WINDOW_GPIO) |= 2u << (2u * PORT_WINDOW_PIN);
}

/* On while the last crash is still told of: until power-off. */
static void crash_led_init(void) {
    if (kept_last_crash() != NULL) {
        GPIO_MODER(GPIOI) = (GPIO_MODER(GPIOI) & ~(3u << (2u * LED_PIN))) | (1u << (2u * LED_PIN));
        GPIO_BSRR(GPIOI) = 1u << LED_PIN;
    }
}

void port_init(void) {
    reset_flags = RCC_CSR;
    RCC_CSR |= RCC_CSR_RMVF; /* else the next reset would show this one's flags too */
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    clock_peripherals_set(true);
    cycle_counter_init();
    watchdog_start();
    window_pin_init();
    crash_led_init();
    uart_init();
    uint32_t count;
    const port_clock_t *boot = port_clocks(&count);
    (void)port_clock_apply(boot, boot->options); /* a failure leaves the HSI running, which is the boot clock */
}

/* RM0385 5.3.21. Every reset pulls NRST low and so sets PINRSTF as well: it is looked at last. */
const char *port_reset_cause(void) {
    if (reset_flags & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) {
        return "watchdog";
    }
    if (reset_flags & RCC_CSR_SFTRSTF) {
        return "software";
    }
    if (reset_flags & (RCC_CSR_PORRSTF | RCC_CSR_BORRSTF)) {
        return "power-on";
    }
    return (reset_flags & RCC_CSR_PINRSTF) ? "pin" : "unknown";
}
