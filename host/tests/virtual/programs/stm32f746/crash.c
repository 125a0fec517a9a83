/* Ends in the way that CRASH says. */
#include "start.h"

void bad_read(void);
void bad_write(void);
void bad_jump(void);
void bad_opcode(void);
void flash_write(void);

void bad_read(void) {
    (void)REGISTER(0x70000000u);
}

void bad_write(void) {
    REGISTER(0x70000000u) = 1;
}

void bad_jump(void) {
    ((void (*)(void))0x60000001u)();
}

void bad_opcode(void) {
    __asm volatile("udf #0");
}

void flash_write(void) {
    REGISTER(0x08000100u) = 1;
}

int main(void) {
    start_clocks();
    uart_start(16);
    uart_text("alive\n");
    uart_drain();
    CRASH();
    uart_text("unharmed\n");
    for (;;) {
    }
}
