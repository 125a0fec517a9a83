/* Identity and start of the port. */
#include "port.h"

#include <string.h>

#include "cycle_counter.h"
#include "registers.h"
#include "uart.h"

#define LED_PIN 13u /* LED1 on P0.13, lit by a low level (nRF52840 DK user guide) */
#define WDT_HZ 32768u

const bool port_counts_time = false;
const uint32_t port_watchdog_ms = 30000u; /* an inference must take less */

static uint32_t reset_reasons;

const char *port_core_name(void) {
    return "cortex-m4";
}

size_t port_uid(uint8_t *uid, size_t size) {
    const size_t count = size < FICR_DEVICEID_BYTES ? size : FICR_DEVICEID_BYTES;
    memcpy(uid, (const void *)FICR_DEVICEID, count);
    return count;
}

/* From revision 3 on the debug port closes at every reset until the firmware opens it, which it should if UICR says so:
 * else nobody could flash the board again without erasing all of it. Nordic's start-up code does the same
 * (MDK, system_nrf52_approtect.h). */
static void debug_port_open(void) {
    if (FICR_REVISION >= FICR_REVISION_3) {
        APPROTECT_DISABLE = UICR_APPROTECT & APPROTECT_MASK;
    }
}

/* Stays as it was over a soft reset, and cannot be changed while it runs; it then needs no more than a kick. It stands
 * still while a debugger has stopped the core (PS, WDT). */
static void watchdog_start(void) {
    if (WDT_RUNSTATUS == 0) {
        WDT_CRV = port_watchdog_ms / 1000u * WDT_HZ - 1u;
        WDT_TASKS_START = 1;
    }
    port_watchdog_kick();
}

void port_watchdog_kick(void) {
    WDT_RR0 = WDT_RR_KICK;
}

/* On while the last crash is still told of: until power-off. */
static void crash_led_init(void) {
    if (kept_last_crash() != NULL) {
        GPIO_OUTCLR(P0) = 1u << LED_PIN;
        GPIO_PIN_CNF(P0, LED_PIN) = GPIO_PIN_CNF_OUTPUT;
    }
}

void port_init(void) {
    reset_reasons = POWER_RESETREAS;
    POWER_RESETREAS = reset_reasons; /* else the next reset would show this one's bits too */
    debug_port_open();
    watchdog_start();
    DEMCR |= DEMCR_TRCENA;
    cycle_counter_start();
    GPIO_PIN_CNF(PORT_WINDOW_GPIO, PORT_WINDOW_PIN) = GPIO_PIN_CNF_OUTPUT;
    crash_led_init();
    uart_init();
    uint32_t count;
    const port_clock_t *boot = port_clocks(&count);
    (void)port_clock_apply(boot, boot->options); /* a failure leaves HFINT running, from which the chip has started */
}

/* PS, POWER, RESETREAS: no bit at all after power-on or brown-out. After a pin reset other bits may be wrongly set too
 * (anomaly 136), so it is looked at first. */
const char *port_reset_cause(void) {
    if (reset_reasons & POWER_RESETREAS_RESETPIN) {
        return "pin";
    }
    if (reset_reasons & POWER_RESETREAS_DOG) {
        return "watchdog";
    }
    if (reset_reasons & POWER_RESETREAS_LOCKUP) {
        return "fault"; /* one in the handler of a fault, which so left no record */
    }
    if (reset_reasons & POWER_RESETREAS_SREQ) {
        return "software";
    }
    return reset_reasons == 0 ? "power-on" : "unknown";
}
