/* A column: the values that one output pixel or row is computed from, widened to int16, as the DSP kernels want it.
 * `depth`, the length of a column, is a multiple of 4.
 *
 * The weights of two channels alternate: a word holds two of each, which SXTB16 takes apart (bytes 0 and 2, bytes 1 and
 * 3) into what one word of a column is multiplied with.
 *
 * The two loops that do nearly all the work are written in assembly for the order of their instructions, which suits
 * two cores. A Cortex-M7 issues a MAC or SXTB16 together with one load per cycle, but only if the load's result is not
 * needed for two cycles. A Cortex-M4 takes two cycles for a load, but one for a load behind a load, and wants 32-bit
 * instructions on words. The last round is apart, so that nothing is read beyond the arrays. */
#ifndef MCUBENCH_COLUMN_H
#define MCUBENCH_COLUMN_H

#include "dsp.h"

/* The words of `step` columns alternate, so that one pointer reads them all. */
static inline void column_widen(const int8_t *bytes, int32_t depth, int32_t step, uint32_t *words) {
    for (; depth >= 8; depth -= 8) {
        uint32_t first = dsp_load(bytes);
        uint32_t second = dsp_load(bytes + 4);
        uint32_t first_even = dsp_sxtb16(first);
        uint32_t second_even = dsp_sxtb16(second);
        uint32_t first_odd = dsp_sxtb16_odd(first);
        uint32_t second_odd = dsp_sxtb16_odd(second);
        words[0] = dsp_pack(first_even, first_odd);
        words[step] = dsp_pack_high(first_even, first_odd);
        words[2 * step] = dsp_pack(second_even, second_odd);
        words[3 * step] = dsp_pack_high(second_even, second_odd);
        bytes += 8;
        words += 4 * step;
    }
    if (depth > 0) {
        uint32_t four = dsp_load(bytes);
        uint32_t even = dsp_sxtb16(four);
        uint32_t odd = dsp_sxtb16_odd(four);
        words[0] = dsp_pack(even, odd);
        words[step] = dsp_pack_high(even, odd);
    }
}

#if DSP_LOOPS

/* clang-format off */

/* Two values of each column: 8 SMLAD for 2 SXTB16. Loads follow where their register has become free. */
#define COLUMN_STEP(second, third, fourth, next_weights, next_first)                                                   \
    "sxtb16 %[w], %[v], ror #8\n\t" second                                                                             \
    "sxtb16 %[v], %[v]\n\t"                                                                                            \
    "smlad  %[q0], %[w], %[a], %[q0]\n\t"                                                                              \
    "smlad  %[p0], %[v], %[a], %[p0]\n\t" third                                                                        \
    "smlad  %[p1], %[v], %[b], %[p1]\n\t"                                                                              \
    "smlad  %[q1], %[w], %[b], %[q1]\n\t" fourth                                                                       \
    "smlad  %[p2], %[v], %[a], %[p2]\n\t"                                                                              \
    "smlad  %[q2], %[w], %[a], %[q2]\n\t"                                                                              \
    "smlad  %[p3], %[v], %[b], %[p3]\n\t" next_weights next_first                                                      \
    "smlad  %[q3], %[w], %[b], %[q3]\n\t"
#define COLUMN_LOAD(register, address) "ldr.w  %[" #register "], " address "\n\t"

/* Adds to p[i] and q[i] the products of two channels' weights with column i of four. Sums, values and pointers take
 * every register there is, so the columns' end is in memory. */
static inline void column_multiply_four(const uint32_t *columns, int32_t depth, const int8_t *weights, int32_t p[4],
                                        int32_t q[4]) {
    const uint32_t *last = columns + 2 * (depth - 4);
    uint32_t v, w, a, b;
    __asm__ volatile(COLUMN_LOAD(v, "[%[weights]], #4")
                     COLUMN_LOAD(a, "[%[x]]")
                     COLUMN_LOAD(w, "%[last]")
                     "cmp.w  %[x], %[w]\n\t"
                     "beq.w  2f\n\t"
                     ".balign 4\n"
                     "1:\n\t"
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #4]"), COLUMN_LOAD(a, "[%[x], #8]"),
                                 COLUMN_LOAD(b, "[%[x], #12]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #16]"))
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #20]"), COLUMN_LOAD(a, "[%[x], #24]"),
                                 COLUMN_LOAD(b, "[%[x], #28]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #32]!"))
                     COLUMN_LOAD(w, "%[last]")
                     "cmp.w  %[x], %[w]\n\t"
                     "bne.w  1b\n"
                     "2:\n\t"
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #4]"), COLUMN_LOAD(a, "[%[x], #8]"),
                                 COLUMN_LOAD(b, "[%[x], #12]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #16]"))
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #20]"), COLUMN_LOAD(a, "[%[x], #24]"),
                                 COLUMN_LOAD(b, "[%[x], #28]"), "", "")
                     : [p0] "+r"(p[0]), [p1] "+r"(p[1]), [p2] "+r"(p[2]), [p3] "+r"(p[3]), [q0] "+r"(q[0]),
                       [q1] "+r"(q[1]), [q2] "+r"(q[2]), [q3] "+r"(q[3]), [weights] "+r"(weights), [x] "+r"(columns),
                       [v] "=&r"(v), [w] "=&r"(w), [a] "=&r"(a), [b] "=&r"(b)
                     : [last] "m"(last)
                     : "cc", "memory");
}

/* clang-format on */

/* clang-format off */

/* Two values of a column with four channels' weights, of which a word of the first two is loaded already. */
#define COLUMN_FOUR_ROWS(value, next_weights)                                                                          \
    "sxtb16 %[even], %[v]\n\t"                                                                                         \
    "ldr.w  %[w], [%[second]], #4\n\t"                                                                                 \
    "sxtb16 %[v], %[v], ror #8\n\t"                                                                                    \
    "smlad  %[sum0], %[even], " value ", %[sum0]\n\t"                                                                  \
    "sxtb16 %[even], %[w]\n\t"                                                                                         \
    "smlad  %[sum1], %[v], " value ", %[sum1]\n\t"                                                                     \
    "sxtb16 %[w], %[w], ror #8\n\t"                                                                                    \
    "smlad  %[sum2], %[even], " value ", %[sum2]\n\t"                                                                  \
    "smlad  %[sum3], %[w], " value ", %[sum3]\n\t" next_weights

/* Adds to sums[i] the products of a column with the weights of four channels: 4 SMLAD for 4 SXTB16 and 3 loads. */
static inline void column_multiply_four_rows(const uint32_t *column, int32_t depth, const int8_t *weights,
                                             int32_t sums[4]) {
    const int8_t *second = weights + 2 * depth;
    int32_t rounds = depth / 4;
    uint32_t v, w, even, a, b;
    __asm__ volatile("ldr.w  %[v], [%[weights]], #4\n\t"
                     "ldr.w  %[a], [%[x]], #8\n\t"
                     "ldr.w  %[b], [%[x], #-4]\n\t"
                     "subs.w %[rounds], %[rounds], #1\n\t"
                     "beq.w  2f\n\t"
                     ".balign 4\n"
                     "1:\n\t"
                     COLUMN_FOUR_ROWS("%[a]", "ldr.w  %[v], [%[weights]], #4\n\t")
                     COLUMN_FOUR_ROWS("%[b]", "ldr.w  %[v], [%[weights]], #4\n\t")
                     "ldr.w  %[a], [%[x]], #8\n\t"
                     "subs.w %[rounds], %[rounds], #1\n\t"
                     "ldr.w  %[b], [%[x], #-4]\n\t"
                     "bne.w  1b\n"
                     "2:\n\t"
                     COLUMN_FOUR_ROWS("%[a]", "ldr.w  %[v], [%[weights]], #4\n\t")
                     COLUMN_FOUR_ROWS("%[b]", "")
                     : [sum0] "+r"(sums[0]), [sum1] "+r"(sums[1]), [sum2] "+r"(sums[2]), [sum3] "+r"(sums[3]),
                       [weights] "+&r"(weights), [second] "+&r"(second), [x] "+&r"(column), [rounds] "+&r"(rounds),
                       [v] "=&r"(v), [w] "=&r"(w), [even] "=&r"(even), [a] "=&r"(a), [b] "=&r"(b)
                     :
                     : "cc", "memory");
}

/* clang-format on */

/* Adds to sums[i] the products of a column with the weights of two channels: 4 SMLAD for 4 SXTB16. */
static inline void column_multiply_two(const uint32_t *column, int32_t depth, const int8_t *weights, int32_t sums[2]) {
    int32_t rounds = depth / 4;
    uint32_t v, w, even, a, b;
    __asm__ volatile("ldr.w  %[v], [%[weights]], #8\n\t"
                     "ldr.w  %[w], [%[weights], #-4]\n\t"
                     "subs.w %[rounds], %[rounds], #1\n\t"
                     "beq.w  2f\n\t"
                     ".balign 4\n"
                     "1:\n\t"
                     "sxtb16 %[even], %[v]\n\t"
                     "ldr.w  %[a], [%[x]], #8\n\t"
                     "ldr.w  %[b], [%[x], #-4]\n\t"
                     "sxtb16 %[v], %[v], ror #8\n\t"
                     "subs.w %[rounds], %[rounds], #1\n\t"
                     "smlad  %[sum0], %[even], %[a], %[sum0]\n\t"
                     "sxtb16 %[even], %[w]\n\t"
                     "smlad  %[sum1], %[v], %[a], %[sum1]\n\t"
                     "sxtb16 %[w], %[w], ror #8\n\t"
                     "smlad  %[sum0], %[even], %[b], %[sum0]\n\t"
                     "ldr.w  %[v], [%[weights]], #8\n\t"
                     "smlad  %[sum1], %[w], %[b], %[sum1]\n\t"
                     "ldr.w  %[w], [%[weights], #-4]\n\t"
                     "bne.w  1b\n"
                     "2:\n\t"
                     "sxtb16 %[even], %[v]\n\t"
                     "ldr.w  %[a], [%[x]]\n\t"
                     "ldr.w  %[b], [%[x], #4]\n\t"
                     "sxtb16 %[v], %[v], ror #8\n\t"
                     "smlad  %[sum0], %[even], %[a], %[sum0]\n\t"
                     "sxtb16 %[even], %[w]\n\t"
                     "smlad  %[sum1], %[v], %[a], %[sum1]\n\t"
                     "sxtb16 %[w], %[w], ror #8\n\t"
                     "smlad  %[sum0], %[even], %[b], %[sum0]\n\t"
                     "smlad  %[sum1], %[w], %[b], %[sum1]"
                     : [sum0] "+r"(sums[0]), [sum1] "+r"(sums[1]), [weights] "+r"(weights), [x] "+r"(column),
                       [rounds] "+r"(rounds), [v] "=&r"(v), [w] "=&r"(w), [even] "=&r"(even), [a] "=&r"(a), [b] "=&r"(b)
                     :
                     : "cc", "memory");
}

#else

static inline void column_multiply_four(const uint32_t *columns, int32_t depth, const int8_t *weights, int32_t p[4],
                                        int32_t q[4]) {
    for (; depth > 0; depth -= 2) {
        uint32_t word = dsp_load(weights);
        for (int32_t i = 0; i < 4; i++) {
            p[i] = dsp_smlad(dsp_sxtb16(word), columns[i], p[i]);
            q[i] = dsp_smlad(dsp_sxtb16_odd(word), columns[i], q[i]);
        }
        weights += 4;
        columns += 4;
    }
}

static inline void column_multiply_two(const uint32_t *column, int32_t depth, const int8_t *weights, int32_t sums[2]) {
    for (; depth > 0; depth -= 2) {
        uint32_t word = dsp_load(weights);
        sums[0] = dsp_smlad(dsp_sxtb16(word), *column, sums[0]);
        sums[1] = dsp_smlad(dsp_sxtb16_odd(word), *column, sums[1]);
        weights += 4;
        column++;
    }
}

static inline void column_multiply_four_rows(const uint32_t *column, int32_t depth, const int8_t *weights,
                                             int32_t sums[4]) {
    column_multiply_two(column, depth, weights, sums);
    column_multiply_two(column, depth, weights + 2 * depth, sums + 2);
}

#endif

#endif
