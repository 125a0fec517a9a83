/* Crashes in the way that CRASH says, with SHCSR = ENABLED. Its handlers note what the core tells in RAM that no start
 * clears, and reset; the next start says it, one number a line. Both chips include this after their own start.h. */
#ifndef ENABLED
#define ENABLED 0
#endif

#define VTOR REGISTER(0xE000ED08u)
#define AIRCR REGISTER(0xE000ED0Cu)
#define SHCSR REGISTER(0xE000ED24u)
#define CFSR REGISTER(0xE000ED28u)
#define HFSR REGISTER(0xE000ED2Cu)
#define BFAR REGISTER(0xE000ED38u)
#define RAM 0x20000000u
#define RAM_END ((uint32_t)__stack_end)

extern uint32_t __stack_end[];
void start_reset(void);
void mark(int active); /* the pin that is high in a timed window */
void record(const uint32_t *msp, const uint32_t *psp, uint32_t lr);

struct note {
    uint32_t magic, exception, lr, msp, frame_pc, cfsr_after, cfsr, hfsr, bfar, shcsr;
};
static struct note note __attribute__((section(".noinit")));

void record(const uint32_t *msp, const uint32_t *psp, uint32_t lr) {
    const uint32_t *frame = (lr & 4) ? psp : msp;
    const int has_frame = (uint32_t)frame >= RAM && (uint32_t)(frame + 8) <= RAM_END;
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    note.exception = number;
    note.lr = lr;
    note.msp = (uint32_t)msp;
    note.frame_pc = has_frame ? frame[6] : 0;
    note.cfsr = CFSR;
    note.hfsr = HFSR;
    note.bfar = BFAR;
    note.shcsr = SHCSR;
    note.magic = 0x600DF00Du;
    *(volatile uint16_t *)0xE000ED2Au = 0xFFFF; /* clears the UsageFault's flags and no others */
    note.cfsr_after = CFSR;
    AIRCR = 0x05FA0004u;
    for (;;) {
    }
}

/* A new stack first: the old one may have been the trouble. */
__attribute__((naked)) static void handler(void) {
    __asm volatile("mrs r0, msp\n mrs r1, psp\n mov r2, lr\n ldr r3, =__stack_end\n mov sp, r3\n b record");
}

__attribute__((naked)) static void crashing_handler(void) {
    __asm volatile("udf #1");
}

typedef void (*vector_t)(void);
static const struct {
    uint32_t *stack;
    vector_t vectors[15];
} table __attribute__((aligned(512))) = {
    __stack_end, {[0] = start_reset, [2] = handler, [3] = handler, [4] = handler, [5] = handler, [10] = handler}};
static const struct {
    uint32_t *stack;
    vector_t vectors[15];
} crashing_table __attribute__((aligned(512))) = {__stack_end, {[0] = start_reset, [2] = crashing_handler}};

/* Each is one instruction that cannot be executed, at `fault_here` where that is known. */
#define FAULT(instructions) __asm volatile(instructions ::: "r0", "r1", "memory")

static inline void bad_read(void) {
    FAULT("ldr r0, =0x1FFFFFFC\n movs r1, #1\n .global fault_here\n fault_here: ldr r1, [r0]");
}

static inline void bad_write(void) {
    FAULT("ldr r0, =0x70000000\n .global fault_here\n fault_here: str r0, [r0, #8]");
}

static inline void bad_jump(void) {
    FAULT("ldr r0, =0x60000001\n bx r0");
}

static inline void jump_to_device(void) {
    FAULT("ldr r0, =0x40000001\n bx r0");
}

static inline void even_branch(void) {
    FAULT("ldr r0, =fault_here\n bic r0, #1\n bx r0\n .align 2\n .global fault_here\n fault_here: nop");
}

static inline void undefined(void) {
    FAULT(".global fault_here\n fault_here: udf #7");
}

static inline void breakpoint(void) {
    FAULT(".global fault_here\n fault_here: bkpt #0");
}

static inline void no_coprocessor(void) {
    FAULT(".global fault_here\n fault_here: cdp p5, 0, c0, c0, c0");
}

static inline void masked(void) {
    FAULT("cpsid i\n .global fault_here\n fault_here: udf #7");
}

static inline void full_stack(void) {
    FAULT("ldr r0, =0x20000008\n mov sp, r0\n .global fault_here\n fault_here: push {r0-r7, lr}");
}

static inline void on_process_stack(void) {
    FAULT("ldr r0, =0x20002000\n msr psp, r0\n movs r0, #2\n msr control, r0\n isb\n"
          ".global fault_here\n fault_here: udf #7");
}

static inline void bad_return(void) {
    FAULT("ldr r0, =0xFFFFFFF9\n bx r0"); /* no exception runs: an address like any other */
}

static inline void masked_call(void) {
    FAULT("cpsid i\n svc #1\n .global fault_here\n fault_here: nop");
}

static inline void fault_in_hard_fault(void) {
    VTOR = (uint32_t)&crashing_table;
    undefined();
}

/* Marks timed windows with a function after each: the fault options count them. */
__attribute__((noinline, noclone)) static void deeper(volatile uint32_t *value) {
    *value += 1;
    __asm volatile("" ::: "r4", "r5", "lr", "memory");
}

static inline void windows(void) {
    volatile uint32_t value = 0;
    for (;;) {
        mark(1);
        mark(0);
        deeper(&value);
    }
}

void say(uint32_t value);
void say_ready(void);
extern const uint8_t fault_here[] __attribute__((weak));

int main(void) {
    say_ready();
    if (note.magic == 0x600DF00Du) {
        note.magic = 0;
        const uint32_t words[] = {note.exception, note.lr, note.msp, note.frame_pc, note.cfsr, note.hfsr, note.bfar,
                                  note.shcsr, note.cfsr_after, (uint32_t)fault_here};
        for (uint32_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            say(words[i]);
        }
    } else {
        VTOR = (uint32_t)&table;
        SHCSR = ENABLED;
        CRASH();
    }
    for (;;) {
    }
}
