/* A column: the values that one output pixel or row is computed from, widened to int16, as the DSP kernels want it.
 *
 * SXTB16 takes bytes 0 and 2 or 1 and 3 of a word. Columns and weights are both taken apart that way, so that their
 * pairs line up without repacking. */
#ifndef MCUBENCH_COLUMN_H
#define MCUBENCH_COLUMN_H

#include "dsp.h"

/* `depth` is a multiple of 4. The words of `step` columns alternate, so that one pointer reads them all. */
static inline void column_widen(const int8_t *bytes, int32_t depth, int32_t step, uint32_t *words) {
    for (; depth > 0; depth -= 4) {
        uint32_t four = dsp_load(bytes);
        words[0] = dsp_sxtb16(four);
        words[step] = dsp_sxtb16_odd(four);
        bytes += 4;
        words += 2 * step;
    }
}

/* Adds to sums[i] the products of the column with rows[i]: two rows share each word of the column. */
static inline void column_multiply_two(const uint32_t *column, int32_t depth, const int8_t *const rows[2],
                                       int32_t sums[2]) {
    const int8_t *row0 = rows[0];
    const int8_t *row1 = rows[1];
    int32_t sum0 = sums[0];
    int32_t sum1 = sums[1];
    for (; depth > 0; depth -= 4) {
        uint32_t word0 = dsp_load(row0);
        uint32_t word1 = dsp_load(row1);
        sum0 = dsp_smlad(dsp_sxtb16(word0), column[0], sum0);
        sum1 = dsp_smlad(dsp_sxtb16(word1), column[0], sum1);
        sum0 = dsp_smlad(dsp_sxtb16_odd(word0), column[1], sum0);
        sum1 = dsp_smlad(dsp_sxtb16_odd(word1), column[1], sum1);
        row0 += 4;
        row1 += 4;
        column += 2;
    }
    sums[0] = sum0;
    sums[1] = sum1;
}

#endif
