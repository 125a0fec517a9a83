/* What a test decides about the fake ESP-IDF, and what it sees. */
#ifndef FAKE_IDF_H
#define FAKE_IDF_H

#include <stddef.h>
#include <stdint.h>

/* What happened, a letter each: M interrupts masked, U unmasked, H window pin high, L low, c CCOUNT read, d line drained,
 * p clock configured, f flash page mapped, u unmapped. Later ones than fit are not kept. */
extern char fake_trace[64];
extern size_t fake_trace_size;

extern uint32_t fake_pm_refused_mhz; /* esp_pm_configure fails for this frequency */
extern uint32_t fake_pm_stuck_mhz;   /* it says yes to this one and changes nothing */
extern int fake_reset_reason;
extern uint32_t fake_baud;    /* what uart_set_baudrate was told; 0 if it never was */
extern uint32_t fake_kicks;   /* calls of esp_task_wdt_reset by a task that is watched */
extern int fake_line; /* file that the UART sends to */

/* The task that was created; it does not run by itself. Its stack is filled as FreeRTOS does (tskSTACK_FILL_BYTE). */
#define FAKE_STACK_PAINT 0xA5
extern struct fake_task {
    void (*code)(void *);
    uint8_t *stack;
    uint32_t stack_bytes;
    int core;
} fake_task;

/* The core that the calling thread runs on from now on; 0 at first. */
void fake_run_on(int core);

/* What outlives esp_restart: esp_restart itself and fake_rtc_restore look after it. */
void fake_rtc_restore(void);

/* The core that has the UART's interrupt, and what that does with bytes from outside: while its core is masked, they are
 * lost. */
extern int fake_uart_core;
void fake_uart_arrive(const uint8_t *data, size_t size);

#endif
