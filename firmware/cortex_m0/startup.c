/* From reset to main(): stack paint, .data, .bss. Every exception halts the core where a debugger finds it.
 *
 * The arena is not zeroed: engines write a tensor before they read it. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "bare.h"

/* As the ports of the harness paint: what is still there was never used. */
#define STACK_PAINT 0xC5C5C5C5u

/* From sections.ld. */
extern uint32_t __stack_low[], __stack_high[];
extern uint8_t __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint8_t __data_load[];

int main(void);
_Noreturn void startup_reset(void);
_Noreturn void startup_fault(void);

typedef void (*startup_function_t)(void);

/* ARMv6-M Architecture Reference Manual (DDI 0419), B1.5.3: stack, reset, NMI, HardFault, SVCall, PendSV, SysTick. */
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
        *word = STACK_PAINT;
    }
}

_Noreturn void startup_reset(void) {
    stack_paint();
    memcpy(__data_start, __data_load, (size_t)(__data_end - __data_start));
    memset(__bss_start, 0, (size_t)(__bss_end - __bss_start));
    main();
    startup_fault(); /* main() does not return */
}

_Noreturn void startup_fault(void) {
    for (;;) {
        __asm volatile("bkpt #1");
    }
}

void __attribute__((noinline)) bare_stop(void) {
    __asm volatile("bkpt #0" ::: "memory");
}

/* newlib's math may set errno, whose own home is a kilobyte of state for threads and files. Nothing here reads it. */
int *__errno(void) {
    static int value;
    return &value;
}

const startup_table_t startup_table __attribute__((section(".vectors"), used)) = {
    .stack = __stack_high,
    .reset = startup_reset,
    .exceptions = {startup_fault, startup_fault, NULL, NULL, NULL, NULL, NULL, NULL, NULL, startup_fault, NULL, NULL,
                   startup_fault, startup_fault},
};
