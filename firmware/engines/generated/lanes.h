/* Four int8 values in a word, for element-wise kernels: results of one after the other can be computed side by side, as
 * no store stands between them. */
#ifndef MCUBENCH_LANES_H
#define MCUBENCH_LANES_H

#include "dsp.h"
#include "kernels_types.h"

static inline int32_t lanes_get(uint32_t word, uint32_t lane) {
    return (int8_t)(word >> (8 * lane));
}

/* The same value in all four. */
static inline uint32_t lanes_fill(int32_t value) {
    return (uint32_t)(uint8_t)value * 0x01010101u;
}

/* Four values in a word, saturated and then clamped, which is the same as clamped. */
static inline uint32_t lanes_pack(const int32_t values[4], uint32_t min, uint32_t max) {
    uint32_t word = 0;
    for (uint32_t lane = 0; lane < 4; lane++) {
        word |= (uint32_t)(uint8_t)dsp_ssat8(values[lane]) << (8 * lane);
    }
    /* The smaller of two is the larger of their complements, -1 - x. */
    return ~dsp_max8(~dsp_max8(word, min), ~max);
}

#endif
