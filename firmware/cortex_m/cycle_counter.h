/* CYCCNT of the DWT counts CPU cycles while the core runs, modulo 2^32. ARMv7-M C1.8.3. */
#ifndef CORTEX_M_CYCLE_COUNTER_H
#define CORTEX_M_CYCLE_COUNTER_H

#include "cortex_m.h"

static inline void cycle_counter_start(void) {
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
}

static inline uint32_t cycle_counter_read(void) {
    return DWT_CYCCNT;
}

#endif
