/* Identity, memory, reset and start of the port. */
#include "port.h"

#include "clock.h"
#include "registers.h"
#include "uart.h"

const char port_board_name[] = "stm32f746";
const bool port_counts_time = false;

/* From the linker script; only their addresses mean something. */
extern const uint32_t __stack_low[], __stack_high[];
extern const uint8_t __flash_start[], __flash_end[], __engine_start[], __engine_end[];
extern const uint8_t __data_start[], __data_end[], __bss_start[], __bss_end[];

static uint32_t reset_flags;

const char *port_core_name(void) {
    return "cortex-m7";
}

size_t port_uid(uint8_t *uid, size_t size) {
    const volatile uint8_t *source = (const volatile uint8_t *)UID;
    size_t count = 0;
    for (; count < UID_BYTES && count < size; count++) {
        uid[count] = source[count];
    }
    return count;
}

/* ARMv7-M C1.8; the lock register is the M7's own: it is locked after a reset without a debugger. */
static void cycle_counter_init(void) {
    DEMCR |= DEMCR_TRCENA;
    DWT_LAR = DWT_LAR_UNLOCK;
    DWT_CYCCNT = 0;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

static void window_pin_init(void) {
    GPIO_MODER(PORT_WINDOW_GPIO) =
        (GPIO_MODER(PORT_WINDOW_GPIO) & ~(3u << (2u * PORT_WINDOW_PIN))) | (1u << (2u * PORT_WINDOW_PIN));
    GPIO_OSPEEDR(PORT_WINDOW_GPIO) |= 2u << (2u * PORT_WINDOW_PIN);
}

void port_init(void) {
    reset_flags = RCC_CSR;
    RCC_CSR |= RCC_CSR_RMVF; /* else the next reset would show this one's flags too */
    RCC_APB1ENR |= RCC_APB1ENR_PWREN;
    clock_peripherals_set(true);
    cycle_counter_init();
    window_pin_init();
    uart_init();
    uint32_t count;
    const port_clock_t *boot = port_clocks(&count);
    (void)port_clock_apply(boot, boot->options); /* a failure leaves the HSI running, which is the boot clock */
}

void port_memory(port_memory_t *memory) {
    memory->stack_low = __stack_low;
    memory->stack_high = __stack_high;
    memory->flash_image_bytes = (uint32_t)(__flash_end - __flash_start);
    memory->flash_engine_bytes = (uint32_t)(__engine_end - __engine_start);
    memory->ram_static_bytes = (uint32_t)((__data_end - __data_start) + (__bss_end - __bss_start));
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

/* ARMv7-M B3.2.6. */
_Noreturn void port_reset(void) {
    SCB_AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
