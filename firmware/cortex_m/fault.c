/* ARMv7-M B1.5: what the core saves when it takes a fault, and what its registers tell of it.
 *
 * All code runs in thread mode on the main stack, so the frame of a fault lies there. When the stack has overflowed,
 * the frame lies below the RAM, where nothing was saved; the handler then begins a new stack over the old one. */
#include "fault.h"

#include "cortex_m.h"
#include "port.h"

#define HANDLER_BYTES 512         /* stack for what runs from here to the reset */
#define OVERFLOW_BYTES 256u       /* a single instruction stores no more than that below the stack pointer */
#define FIRST_CONFIGURABLE 4u     /* exception numbers: 3 HardFault, 4 MemManage, 5 BusFault, 6 UsageFault */
#define LAST_CONFIGURABLE 6u
#define FRAME_WITHOUT_FLOATS 0x10u /* of EXC_RETURN */
#define FRAME_BYTES 32u
#define FRAME_FLOATS_BYTES 72u
#define PSR_PADDED (1u << 9) /* of the saved one: a word lies between the frame and what was there before */

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

/* ARMv7-M B1.5.6 */
typedef struct fault_frame {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
} fault_frame_t;

extern const uint32_t __stack_low[], __stack_high[];

_Noreturn static void fault_handle(const fault_frame_t *frame, uint32_t exc_return) __attribute__((used));

/* In assembly, because a C function may use the stack before its first line. */
void __attribute__((naked)) fault_entry(void) {
    __asm volatile("mrs r0, msp\n"
                   "mov r1, lr\n"
                   "ldr r2, =__stack_low + " TEXT(HANDLER_BYTES) "\n"
                   "ldr r3, =__stack_high\n"
                   "cmp r0, r2\n"
                   "blo 1f\n"
                   "cmp r0, r3\n"
                   "blo 2f\n"
                   "1: msr msp, r3\n"
                   "2: b fault_handle\n"
                   ".ltorg\n");
}

static void record(kept_crash_t *crash, enum kept_word word, uint32_t value) {
    crash->word[word] = value;
    crash->known |= 1u << word;
}

static uint32_t exception_kind(void) {
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    const bool configurable = number >= FIRST_CONFIGURABLE && number <= LAST_CONFIGURABLE;
    return configurable ? KEPT_MEMORY + (number - FIRST_CONFIGURABLE) : KEPT_HARD;
}

static bool was_saved(const fault_frame_t *frame, uint32_t cfsr) {
    const bool failed = (cfsr & (SCB_CFSR_MSTKERR | SCB_CFSR_STKERR)) != 0;
    return !failed && (const uint32_t *)frame >= __stack_low && (const uint32_t *)(frame + 1) <= __stack_high;
}

static bool has_overflowed(const fault_frame_t *frame, uint32_t cfsr) {
    const bool stored_below =
        (cfsr & SCB_CFSR_BFARVALID) != 0 && (uint32_t)__stack_low - 1 - SCB_BFAR < OVERFLOW_BYTES;
    return (const uint32_t *)frame < __stack_low || stored_below;
}

static void fault_handle(const fault_frame_t *frame, uint32_t exc_return) {
    const uint32_t cfsr = SCB_CFSR;
    kept_crash_t crash = {.kind = has_overflowed(frame, cfsr) ? KEPT_STACK_OVERFLOW : exception_kind()};
    uint32_t sp = (uint32_t)frame + FRAME_BYTES + ((exc_return & FRAME_WITHOUT_FLOATS) ? 0 : FRAME_FLOATS_BYTES);
    if (was_saved(frame, cfsr)) {
        record(&crash, KEPT_PC, frame->pc);
        record(&crash, KEPT_LR, frame->lr);
        record(&crash, KEPT_PSR, frame->psr);
        sp += (frame->psr & PSR_PADDED) ? 4 : 0;
    }
    record(&crash, KEPT_SP, sp);
    record(&crash, KEPT_CFSR, cfsr);
    record(&crash, KEPT_HFSR, SCB_HFSR);
    if (cfsr & SCB_CFSR_MMARVALID) {
        record(&crash, KEPT_MMFAR, SCB_MMFAR);
    }
    if (cfsr & SCB_CFSR_BFARVALID) {
        record(&crash, KEPT_BFAR, SCB_BFAR);
    }
    kept_crash(&crash);
    port_reset();
}

_Noreturn void fault_exit(uintptr_t pc) {
    kept_crash_t crash = {.kind = KEPT_EXIT};
    record(&crash, KEPT_PC, pc);
    kept_crash(&crash);
    port_reset();
}
