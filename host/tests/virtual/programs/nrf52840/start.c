#include "start.h"

extern uint32_t __stack_end[], __data_start[], __data_end[], __bss_start[], __bss_end[];
extern const uint32_t __data_load[];

void start_reset(void);
void start_fault(void);

typedef void (*vector_t)(void);

void start_reset(void) {
    const uint32_t *source = __data_load;
    for (uint32_t *target = __data_start; target < __data_end; target++) {
        *target = *source++;
    }
    for (uint32_t *target = __bss_start; target < __bss_end; target++) {
        *target = 0;
    }
    main();
    for (;;) {
    }
}

void start_fault(void) {
    for (;;) {
    }
}

__attribute__((weak)) void on_clock(void) {
}

__attribute__((weak)) void on_uarte(void) {
}

__attribute__((weak)) void on_timer0(void) {
}

__attribute__((weak)) void on_rtc1(void) {
}

const struct {
    uint32_t *stack;
    vector_t vectors[47];
} start_vectors __attribute__((section(".vectors"), used)) = {
    __stack_end,
    {[0] = start_reset, [2] = start_fault, [15 + 0] = on_clock, [15 + 2] = on_uarte, [15 + 8] = on_timer0, [15 + 17] = on_rtc1},
};

void uarte_start(void) {
    P0(OUTSET) = 1u << 6;
    P0(DIRSET) = 1u << 6;
    P0(PIN_CNF(8)) = 0;
    UARTE(PSEL_TXD) = 6;
    UARTE(PSEL_RXD) = 8;
    UARTE(BAUDRATE) = 0x10000000u; /* 1 Mbit/s */
    UARTE(ENABLE) = 8;
}

void send(const uint8_t *data, uint32_t count) {
    UARTE(TXD_PTR) = (uint32_t)data;
    UARTE(TXD_MAXCNT) = count;
    UARTE(ENDTX) = 0;
    UARTE(STARTTX) = 1;
    while (UARTE(ENDTX) == 0) {
    }
}

void send_text(const char *text) {
    static uint8_t copy[64]; /* EasyDMA does not read flash */
    uint32_t count = 0;
    while (text[count] != '\0' && count < sizeof copy) {
        copy[count] = (uint8_t)text[count];
        count++;
    }
    send(copy, count);
}

void send_hex(uint32_t value) {
    static uint8_t digits[9];
    for (uint32_t i = 0; i < 8; i++) {
        digits[i] = (uint8_t)"0123456789abcdef"[(value >> (28 - 4 * i)) & 15u];
    }
    digits[8] = '\n';
    send(digits, sizeof digits);
}

void cycles_start(void) {
    DEMCR |= 1u << 24;
    DWT_CYCCNT = 0;
    DWT_CTRL |= 1;
}
