/* A column: the values that one output pixel or row is computed from, widened to int16, as the DSP kernels want it.
 *
 * SXTB16 takes bytes 0 and 2 or 1 and 3 of a word. Columns and weights are both taken apart that way, so that their
 * pairs line up without repacking. `depth`, the length of a column, is a multiple of 4.
 *
 * The two loops that do nearly all the work are written in assembly for the order of their instructions: a Cortex-M7
 * issues a MAC or SXTB16 together with one load per cycle, but only if the load's result is not needed for two cycles.
 * The last round is apart, so that nothing is read beyond the arrays. */
#ifndef MCUBENCH_COLUMN_H
#define MCUBENCH_COLUMN_H

#include "dsp.h"

/* The words of `step` columns alternate, so that one pointer reads them all. */
static inline void column_widen(const int8_t *bytes, int32_t depth, int32_t step, uint32_t *words) {
    for (; depth > 0; depth -= 4) {
        uint32_t four = dsp_load(bytes);
        words[0] = dsp_sxtb16(four);
        words[step] = dsp_sxtb16_odd(four);
        bytes += 4;
        words += 2 * step;
    }
}

#if DSP_INSTRUCTIONS

/* Adds to sums[i] the products of a row of weights with column i of four: 8 SMLAD for 2 SXTB16. */
static inline void column_multiply_four(const uint32_t *columns, int32_t depth, const int8_t *row, int32_t sums[4]) {
    int32_t rounds = depth / 4;
    uint32_t even, odd, a, b, c;
    __asm__ volatile("ldr    %[even], [%[row]], #4\n\t"
                     "ldr    %[a], [%[x]]\n\t"
                     "ldr    %[b], [%[x], #4]\n\t"
                     "subs   %[rounds], %[rounds], #1\n\t"
                     "beq    2f\n"
                     "1:\n\t"
                     "sxtb16 %[odd], %[even], ror #8\n\t"
                     "ldr    %[c], [%[x], #8]\n\t"
                     "sxtb16 %[even], %[even]\n\t"
                     "subs   %[rounds], %[rounds], #1\n\t"
                     "smlad  %[sum0], %[even], %[a], %[sum0]\n\t"
                     "ldr    %[a], [%[x], #12]\n\t"
                     "smlad  %[sum1], %[even], %[b], %[sum1]\n\t"
                     "ldr    %[b], [%[x], #16]\n\t"
                     "smlad  %[sum2], %[even], %[c], %[sum2]\n\t"
                     "ldr    %[c], [%[x], #20]\n\t"
                     "smlad  %[sum3], %[even], %[a], %[sum3]\n\t"
                     "ldr    %[a], [%[x], #24]\n\t"
                     "smlad  %[sum0], %[odd], %[b], %[sum0]\n\t"
                     "ldr    %[b], [%[x], #28]\n\t"
                     "smlad  %[sum1], %[odd], %[c], %[sum1]\n\t"
                     "ldr    %[even], [%[row]], #4\n\t"
                     "smlad  %[sum2], %[odd], %[a], %[sum2]\n\t"
                     "ldr    %[a], [%[x], #32]!\n\t"
                     "smlad  %[sum3], %[odd], %[b], %[sum3]\n\t"
                     "ldr    %[b], [%[x], #4]\n\t"
                     "bne    1b\n"
                     "2:\n\t"
                     "sxtb16 %[odd], %[even], ror #8\n\t"
                     "ldr    %[c], [%[x], #8]\n\t"
                     "sxtb16 %[even], %[even]\n\t"
                     "smlad  %[sum0], %[even], %[a], %[sum0]\n\t"
                     "ldr    %[a], [%[x], #12]\n\t"
                     "smlad  %[sum1], %[even], %[b], %[sum1]\n\t"
                     "ldr    %[b], [%[x], #16]\n\t"
                     "smlad  %[sum2], %[even], %[c], %[sum2]\n\t"
                     "ldr    %[c], [%[x], #20]\n\t"
                     "smlad  %[sum3], %[even], %[a], %[sum3]\n\t"
                     "ldr    %[a], [%[x], #24]\n\t"
                     "smlad  %[sum0], %[odd], %[b], %[sum0]\n\t"
                     "ldr    %[b], [%[x], #28]\n\t"
                     "smlad  %[sum1], %[odd], %[c], %[sum1]\n\t"
                     "smlad  %[sum2], %[odd], %[a], %[sum2]\n\t"
                     "smlad  %[sum3], %[odd], %[b], %[sum3]"
                     : [sum0] "+r"(sums[0]), [sum1] "+r"(sums[1]), [sum2] "+r"(sums[2]), [sum3] "+r"(sums[3]),
                       [row] "+r"(row), [x] "+r"(columns), [rounds] "+r"(rounds), [even] "=&r"(even), [odd] "=&r"(odd),
                       [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c)
                     :
                     : "cc", "memory");
}

/* Adds to sums[i] the products of a column with rows[i]: 4 SMLAD for 4 SXTB16. */
static inline void column_multiply_two(const uint32_t *column, int32_t depth, const int8_t *const rows[2],
                                       int32_t sums[2]) {
    const int8_t *row0 = rows[0];
    const int8_t *row1 = rows[1];
    int32_t rounds = depth / 4;
    uint32_t word0, word1, even0, even1, a, b;
    __asm__ volatile("ldr    %[word0], [%[row0]], #4\n\t"
                     "ldr    %[word1], [%[row1]], #4\n\t"
                     "subs   %[rounds], %[rounds], #1\n\t"
                     "beq    2f\n"
                     "1:\n\t"
                     "sxtb16 %[even0], %[word0]\n\t"
                     "ldr    %[a], [%[x]], #8\n\t"
                     "sxtb16 %[even1], %[word1]\n\t"
                     "ldr    %[b], [%[x], #-4]\n\t"
                     "sxtb16 %[word0], %[word0], ror #8\n\t"
                     "subs   %[rounds], %[rounds], #1\n\t"
                     "smlad  %[sum0], %[even0], %[a], %[sum0]\n\t"
                     "sxtb16 %[word1], %[word1], ror #8\n\t"
                     "smlad  %[sum1], %[even1], %[a], %[sum1]\n\t"
                     "smlad  %[sum0], %[word0], %[b], %[sum0]\n\t"
                     "ldr    %[word0], [%[row0]], #4\n\t"
                     "smlad  %[sum1], %[word1], %[b], %[sum1]\n\t"
                     "ldr    %[word1], [%[row1]], #4\n\t"
                     "bne    1b\n"
                     "2:\n\t"
                     "sxtb16 %[even0], %[word0]\n\t"
                     "ldr    %[a], [%[x]]\n\t"
                     "sxtb16 %[even1], %[word1]\n\t"
                     "ldr    %[b], [%[x], #4]\n\t"
                     "sxtb16 %[word0], %[word0], ror #8\n\t"
                     "smlad  %[sum0], %[even0], %[a], %[sum0]\n\t"
                     "sxtb16 %[word1], %[word1], ror #8\n\t"
                     "smlad  %[sum1], %[even1], %[a], %[sum1]\n\t"
                     "smlad  %[sum0], %[word0], %[b], %[sum0]\n\t"
                     "smlad  %[sum1], %[word1], %[b], %[sum1]"
                     : [sum0] "+r"(sums[0]), [sum1] "+r"(sums[1]), [row0] "+r"(row0), [row1] "+r"(row1),
                       [x] "+r"(column), [rounds] "+r"(rounds), [word0] "=&r"(word0), [word1] "=&r"(word1),
                       [even0] "=&r"(even0), [even1] "=&r"(even1), [a] "=&r"(a), [b] "=&r"(b)
                     :
                     : "cc", "memory");
}

#else

static inline void column_multiply_four(const uint32_t *columns, int32_t depth, const int8_t *row, int32_t sums[4]) {
    for (; depth > 0; depth -= 4) {
        uint32_t word = dsp_load(row);
        for (int32_t i = 0; i < 4; i++) {
            sums[i] = dsp_smlad(dsp_sxtb16(word), columns[i], sums[i]);
            sums[i] = dsp_smlad(dsp_sxtb16_odd(word), columns[4 + i], sums[i]);
        }
        row += 4;
        columns += 8;
    }
}

static inline void column_multiply_two(const uint32_t *column, int32_t depth, const int8_t *const rows[2],
                                       int32_t sums[2]) {
    for (int32_t n = 0; n < depth; n += 4) {
        for (int32_t i = 0; i < 2; i++) {
            uint32_t word = dsp_load(rows[i] + n);
            sums[i] = dsp_smlad(dsp_sxtb16(word), column[n / 2], sums[i]);
            sums[i] = dsp_smlad(dsp_sxtb16_odd(word), column[n / 2 + 1], sums[i]);
        }
    }
}

#endif

#endif
