/* Crashes on purpose: with this linked into the firmware (--wrap=command_mark), `mark 1` and so on crash it. Where it
 * happens has a name that the test looks up. */
#include <stdlib.h>
#include <unistd.h>

#include "command.h"
#include "port.h"

#define EARLY 0xEA51EA51u

void __real_command_mark(const command_t *command);
void __wrap_command_mark(const command_t *command);

static uint32_t next_boot __attribute__((section(".noinit")));

/* lr is the true stack pointer when it happens. */
static void undefined(void) {
    __asm volatile("mov lr, sp\n.global here_undefined\nhere_undefined: udf #0" ::: "lr");
}

/* With a frame that has floats, and a word between it and the stack. */
static void undefined_with_floats(void) {
    __asm volatile("vmov s0, r0\n"
                   "push {r4}\n"
                   "mov lr, sp\n"
                   ".global here_undefined_with_floats\n"
                   "here_undefined_with_floats: udf #0" ::: "s0", "lr");
}

static void bad_read(void) {
    __asm volatile("mov r0, #0x70000000\n.global here_bad_read\nhere_bad_read: ldr r0, [r0]" ::: "r0");
}

static void bad_jump(void) {
    __asm volatile("ldr r0, =0x40000001\nblx r0\n.global after_bad_jump\nafter_bad_jump: nop" ::: "r0", "lr");
}

static void breakpoint(void) {
    __asm volatile(".global here_breakpoint\nhere_breakpoint: bkpt #0");
}

static uint32_t recurse(volatile uint32_t depth) {
    return depth == 0 ? 0 : recurse(depth + 1) + depth;
}

static void endless_recursion(void) {
    (void)recurse(1);
}

static void large_frame(void) {
    volatile uint8_t frame[9000];
    frame[0] = 1;
}

static void lost_stack(void) {
    __asm volatile("mov r0, #0x70000000\nmov sp, r0\npush {r0}");
}

static void give_up(void) {
    abort();
}

static void leave(void) {
    _exit(1);
}

/* Many instructions per round, because an emulator is fastest then. */
static void pass_time(void) {
    __asm volatile(".rept 500\nnop\n.endr");
}

static void hang(void) {
    for (;;) {
        pass_time();
    }
}

/* As a very slow inference would; no crash. */
static void work_for_20_s(void) {
    const uint32_t cycles = 20 * port_clock_hz();
    const uint32_t start = port_cycles();
    while (port_cycles() - start < cycles) {
        for (uint32_t i = 0; i < 10000; i++) {
            pass_time();
        }
    }
}

static void crash_before_main(void) {
    next_boot = EARLY;
    port_reset();
}

__attribute__((constructor)) static void early(void) {
    if (next_boot == EARLY) {
        next_boot = 0;
        __asm volatile(".global here_before_main\nhere_before_main: udf #1");
    }
}

static void (*const crashes[])(void) = {
    undefined,   undefined_with_floats, bad_read, bad_jump, breakpoint, endless_recursion,
    large_frame, lost_stack,            give_up,  leave,    hang,       crash_before_main,
    work_for_20_s,
};

void __wrap_command_mark(const command_t *command) {
    uint32_t number;
    if (words_parse_unsigned(command->words.word[1], sizeof crashes / sizeof crashes[0], &number) && number > 0) {
        crashes[number - 1]();
    }
    __real_command_mark(command);
}
