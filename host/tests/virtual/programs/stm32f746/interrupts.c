/* Interrupts of every kind that the chip's model has: MODE says which; see test_interrupts.py. */
#include "start.h"

#define ECHO 1
#define TICKS 2
#define NESTED 3
#define CALLS 4
#define DMA 5

#define SYSTICK_CTRL REGISTER(0xE000E010u)
#define SYSTICK_LOAD REGISTER(0xE000E014u)
#define NVIC_ISER1 REGISTER(0xE000E104u)
#define NVIC_ISER2 REGISTER(0xE000E108u)
#define SCB_ICSR REGISTER(0xE000ED04u)
#define SCB_SHPR2 REGISTER(0xE000ED1Cu)
#define SCB_SHPR3 REGISTER(0xE000ED20u)

extern uint32_t __stack_end[];
void start_reset(void);
void start_fault(void);

static volatile uint32_t ticks;
static volatile float sum;
static volatile uint32_t depth[8];
static volatile uint32_t depths;
static uint8_t block[4];

static uint32_t ipsr(void) {
    uint32_t number;
    __asm volatile("mrs %0, ipsr" : "=r"(number));
    return number;
}

static void note(void) {
    depth[depths] = ipsr();
    depths = depths + 1;
}

void sv_call(void) {
    note();
    SCB_ICSR = 1u << 28; /* PendSV, which has the lower priority here and comes after this returns */
    note();
}

void pend_sv(void) {
    note();
    SCB_ICSR = 1u << 26; /* SysTick, which has the higher priority and comes at once */
    __asm volatile("dsb\n isb");
    note();
}

void sys_tick(void) {
    ticks = ticks + 1;
    sum = sum + 0.5f;
    if (MODE == NESTED || MODE == CALLS) {
        note();
    }
}

void usart1(void) {
    if (USART1_ISR & (1u << 5)) {
        USART1_TDR = (uint8_t)USART1_RDR;
    }
}

void dma2_stream2(void) {
    DMA2_LIFCR = DMA2_LIFCR_STREAM2;
    for (uint32_t i = 0; i < sizeof block; i++) {
        uart_put(block[i]);
    }
}

typedef void (*vector_t)(void);
const struct {
    uint32_t *stack;
    vector_t vectors[79];
} table __attribute__((aligned(512))) = {
    __stack_end,
    {[0] = start_reset, [2] = start_fault, [10] = sv_call, [13] = pend_sv, [14] = sys_tick,
     [15 + 37] = usart1, [15 + 58] = dma2_stream2},
};

static void report(void) {
    for (uint32_t i = 0; i < depths; i++) {
        uart_put((uint8_t)('a' + depth[i]));
    }
    uart_put('\n');
}

int main(void) {
    SCB_CPACR = SCB_CPACR_FPU_FULL;
    SCB_VTOR = (uint32_t)&table;
    start_clocks();
    uart_start(16);
    SCB_SHPR3 = 0x40u << 24 | 0xF0u << 16; /* SysTick 4, PendSV 15 */
    SCB_SHPR2 = 0x80u << 24;               /* SVCall 8 */
    if (MODE == ECHO) {
        USART1_CR1 |= 1u << 5;
        NVIC_ISER1 = 1u << (37 - 32);
    } else if (MODE == TICKS) {
        SYSTICK_LOAD = 16000 - 1; /* 1 kHz from the HSI */
        SYSTICK_CTRL = 7;
        float product = 1.0f;
        while (ticks < 50) {
            for (uint32_t i = 0; i < 100; i++) {
                product = product * 1.5f * 0.5f * 1.5f * 0.5f * 2.0f; /* in registers the handler also uses */
                product = product * 0.888888889f;
            }
        }
        __asm volatile("wfi");
        uart_hex(ticks);
        uart_text(product > 0.99f && product < 1.01f ? "same\n" : "spoilt\n");
    } else if (MODE == NESTED) {
        __asm volatile("cpsid i");
        SCB_ICSR = 1u << 28;
        note();
        __asm volatile("cpsie i\n isb");
        note();
        report();
    } else if (MODE == CALLS) {
        __asm volatile("msr psp, %0\n mov r0, #2\n msr control, r0\n isb" ::"r"(0x20004000u) : "r0", "memory");
        __asm volatile("svc 7");
        note();
        report();
    } else {
        DMA2_S2PAR = (uint32_t)&USART1_RDR;
        DMA2_S2M0AR = (uint32_t)block;
        DMA2_S2NDTR = sizeof block;
        DMA2_S2CR = DMA_SCR_CHSEL_4 | DMA_SCR_MINC | DMA_SCR_CIRC | (1u << 4) | DMA_SCR_EN;
        USART1_CR3 = USART_CR3_DMAR;
        NVIC_ISER1 = 1u << (58 - 32);
    }
    for (;;) {
        __asm volatile("wfi");
    }
}
