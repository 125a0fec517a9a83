/* The system timer as a counter of CPU cycles: 24 bits, downwards (ARMv6-M Architecture Reference Manual, DDI 0419,
 * B3.3). A core without it (it is an option) cannot run this image. */
#ifndef MCUBENCH_SYSTICK_H
#define MCUBENCH_SYSTICK_H

#include <stdbool.h>
#include <stdint.h>

#define SYSTICK_REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))
#define SYSTICK_CSR SYSTICK_REGISTER(0xE000E010u)
#define SYSTICK_CSR_ENABLE (1u << 0)
#define SYSTICK_CSR_CPU_CLOCK (1u << 2)
#define SYSTICK_CSR_COUNTFLAG (1u << 16) /* it has reached zero since this was read last */
#define SYSTICK_RVR SYSTICK_REGISTER(0xE000E014u)
#define SYSTICK_CVR SYSTICK_REGISTER(0xE000E018u)
#define SYSTICK_TOP 0x00FFFFFFu

/* From the top again. Writing the current value clears it and COUNTFLAG, and the next cycle loads the top: DDI 0419,
 * B3.3.5. */
static inline void systick_restart(void) {
    SYSTICK_RVR = SYSTICK_TOP;
    SYSTICK_CSR = SYSTICK_CSR_ENABLE | SYSTICK_CSR_CPU_CLOCK;
    SYSTICK_CVR = 0;
}

static inline uint32_t systick_read(void) {
    return SYSTICK_CVR;
}

/* Whether the counter has come to its end since the restart, so that its readings mean nothing. */
static inline bool systick_has_run_out(void) {
    return (SYSTICK_CSR & SYSTICK_CSR_COUNTFLAG) != 0;
}

#endif
