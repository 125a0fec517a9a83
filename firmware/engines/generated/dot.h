/* Products of two rows of numbers, added up: the matrices of recurrent layers, row by row. */
#ifndef MCUBENCH_DOT_H
#define MCUBENCH_DOT_H

#include "dsp.h"

/* sum + a[0] x b[0] + ... + a[count - 1] x b[count - 1]. */
static inline int32_t dot_s8(const int8_t *a, const int8_t *b, int32_t count, int32_t sum) {
#if MCUBENCH_KERNELS_DSP
    for (; count >= 4; count -= 4) {
        uint32_t left = dsp_load(a);
        uint32_t right = dsp_load(b);
        sum = dsp_smlad(dsp_sxtb16(left), dsp_sxtb16(right), sum);
        sum = dsp_smlad(dsp_sxtb16_odd(left), dsp_sxtb16_odd(right), sum);
        a += 4;
        b += 4;
    }
#endif
    for (; count > 0; count--) {
        sum += *a++ * *b++;
    }
    return sum;
}

/* The same of int16, modulo 2^32 as the reference kernel adds. */
static inline int32_t dot_s16(const int16_t *a, const int16_t *b, int32_t count, int32_t sum) {
#if MCUBENCH_KERNELS_DSP
    for (; count >= 2; count -= 2) {
        sum = dsp_smlad(dsp_load(a), dsp_load(b), sum);
        a += 2;
        b += 2;
    }
#endif
    for (; count > 0; count--) {
        sum = (int32_t)((uint32_t)sum + (uint32_t)(*a++ * *b++));
    }
    return sum;
}

static inline float dot_f32(const float *a, const float *b, int32_t count, float sum) {
    for (; count > 0; count--) {
        sum += *a++ * *b++;
    }
    return sum;
}

#endif
