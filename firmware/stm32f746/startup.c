/* From reset to main(): FPU, stack paint, .data, .bss. The image uses no interrupt; every exception is a fault.
 *
 * The arena is not zeroed: engines write a tensor before they read it, and clearing 256 KB would make boot at
 * 16 MHz noticeably longer. */
#include <stdint.h>

#include "barrier.h"
#include "port.h"
#include "registers.h"

extern uint32_t __stack_low[], __stack_high[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[];

int main(void);
_Noreturn void startup_reset(void);

/* ARMv7-M B1.5.3. The NVIC's interrupts stay disabled, so the table ends after the system exceptions. */
typedef void (*startup_vector_t)(void);
typedef struct startup_table {
    uint32_t *stack;
    startup_vector_t reset;
    startup_vector_t exceptions[14];
} startup_table_t;
extern const startup_table_t startup_table;

#define LED_PIN 1u /* LD1, green, on PI1 (UM1907) */

/* A fault is our own bug: stay where a debugger can look, with LD1 on. The host sees silence and reports it. */
_Noreturn static void startup_fault(void) {
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOIEN;
    (void)RCC_AHB1ENR;
    GPIO_MODER(GPIOI) = (GPIO_MODER(GPIOI) & ~(3u << (2u * LED_PIN))) | (1u << (2u * LED_PIN));
    GPIO_BSRR(GPIOI) = 1u << LED_PIN;
    for (;;) {
    }
}

/* volatile: as a plain loop it could become a call of memset, whose return address would lie in the painted words. */
static void stack_paint(void) {
    const volatile uint32_t *stack_pointer;
    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *word = __stack_low; word < stack_pointer; word++) {
        *word = PORT_STACK_PAINT;
    }
}

_Noreturn static void __attribute__((noinline)) startup_c(void) {
    stack_paint();
    const uint32_t *source = __data_load;
    for (uint32_t *target = __data_start; target < __data_end; target++) {
        *target = *source++;
    }
    for (uint32_t *target = __bss_start; target < __bss_end; target++) {
        *target = 0;
    }
    main();
    startup_fault(); /* main() does not return */
}

/* The FPU first: with -mfloat-abi=hard the compiler may use its registers anywhere. ARMv7-M B3.2.20.
 * The boot ROM may have started us through the ITCM alias of the flash: the vectors are those at the linked address. */
_Noreturn void startup_reset(void) {
    SCB_CPACR |= SCB_CPACR_FPU_FULL;
    SCB_VTOR = (uint32_t)(uintptr_t)&startup_table;
    barrier_data();
    barrier_instruction();
    startup_c();
}

const startup_table_t startup_table __attribute__((section(".vectors"), used)) = {
    .stack = __stack_high,
    .reset = startup_reset,
    .exceptions = {startup_fault, startup_fault, startup_fault, startup_fault, startup_fault, NULL, NULL, NULL, NULL,
                   startup_fault, startup_fault, NULL, startup_fault, startup_fault},
};
