/* Memory that nobody has touched yet, met in an IT block: by its last store, and by the fetch of its last instruction. */
#include "start.h"

static uint32_t conditional_store(uint8_t *target) {
    uint32_t straight = 1;
    __asm volatile(
        "cmp %1, #0\n"
        "itt ne\n"
        "addne %1, #1\n"
        "strbne %1, [%1]\n"
        "cmp %1, %1\n"
        "bne 1f\n"
        "b 2f\n"
        "1: movs %0, #0\n"
        "2:\n"
        : "+r"(straight), "+r"(target)
        :
        : "cc", "memory");
    return straight;
}

/* r0 is 0: both additions are skipped, the second of which begins a page. */
__attribute__((naked, aligned(4096))) static uint32_t conditional_fetch(uint32_t zero) {
    (void)zero;
    __asm volatile(
        "b.w 1f\n"
        ".space 4096 - 4 - 6\n"
        "1: cmp r0, #0\n"
        "itt ne\n"
        "addne r0, #1\n"
        "addne r0, #1\n"
        "bx lr\n");
}

int main(void) {
    start_clocks();
    uart_start(16);
    uint32_t straight = 0;
    for (uint32_t page = 0; page < 16; page++) {
        straight += conditional_store((uint8_t *)(0x20020000u + 0x1000u * page));
    }
    uart_hex(straight);
    uart_hex(conditional_fetch(0));
    for (;;) {
    }
}
