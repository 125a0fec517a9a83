/* Barriers of ARMv7-M A3.7.3, which also stop the compiler from moving memory accesses across them. */
#ifndef CORTEX_M_BARRIER_H
#define CORTEX_M_BARRIER_H

/* Data synchronisation barrier: accesses before it are complete, e.g. a buffer before a DMA stream may read it. */
static inline void barrier_data(void) {
    __asm volatile("dsb" ::: "memory");
}

/* Instruction synchronisation barrier: what follows is fetched anew, with the caches and the FPU as set before. */
static inline void barrier_instruction(void) {
    __asm volatile("isb" ::: "memory");
}

#endif
