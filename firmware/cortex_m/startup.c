/* From reset to main(): FPU, faults, count of boots, stack paint, .data, .bss, constructors of C++ objects. The image
 * uses no interrupt; every exception is a fault.
 *
 * The arena is not zeroed: engines write a tensor before they read it, and clearing 256 KB would make boot at
 * 16 MHz noticeably longer. */
#include <stdint.h>
#include <string.h>

#include "barrier.h"
#include "cortex_m.h"
#include "fault.h"
#include "port.h"

typedef void (*startup_function_t)(void);

/* From sections.ld. */
extern uint32_t __stack_low[], __stack_high[];
extern uint8_t __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint8_t __data_load[];
extern const startup_function_t __init_array_start[], __init_array_end[];

int main(void);
_Noreturn void startup_reset(void);

/* ARMv7-M B1.5.3. The NVIC's interrupts stay disabled, so the table ends after the system exceptions. */
typedef struct startup_table {
    uint32_t *stack;
    startup_function_t reset;
    startup_function_t exceptions[14];
} startup_table_t;
extern const startup_table_t startup_table;

/* volatile: as a plain loop it could become a call of memset, whose return address would lie in the painted words. */
static void stack_paint(void) {
    const volatile uint32_t *stack_pointer;
    __asm volatile("mov %0, sp" : "=r"(stack_pointer));
    for (volatile uint32_t *word = __stack_low; word < stack_pointer; word++) {
        *word = PORT_STACK_PAINT;
    }
}

_Noreturn static void __attribute__((noinline)) startup_c(void) {
    kept_boot();
    stack_paint();
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    for (const startup_function_t *construct = __init_array_start; construct < __init_array_end; construct++) {
        (*construct)();
    }
    main();
    fault_exit((uintptr_t)main & ~1u); /* which does not return */
}

/* The FPU first: with -mfloat-abi=hard the compiler may use its registers anywhere. ARMv7-M B3.2.20.
 * Faults are told apart only if they are enabled: B3.2.13.
 * What runs before us may have found the vectors through an alias of the flash: ours are those at the linked address. */
_Noreturn void startup_reset(void) {
    SCB_CPACR |= SCB_CPACR_FPU_FULL;
    SCB_VTOR = (uint32_t)(uintptr_t)&startup_table;
    SCB_SHCSR = SCB_SHCSR_MEMFAULTENA | SCB_SHCSR_BUSFAULTENA | SCB_SHCSR_USGFAULTENA;
    barrier_data();
    barrier_instruction();
    startup_c();
}

const startup_table_t startup_table __attribute__((section(".vectors"), used)) = {
    .stack = __stack_high,
    .reset = startup_reset,
    .exceptions = {fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, NULL, NULL, NULL, NULL, fault_entry,
                   fault_entry, NULL, fault_entry, fault_entry},
};
