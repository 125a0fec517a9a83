/* The inner loop of depthwise_s8_dsp.c for windows of 3 x 3: two neighbouring pixels of one channel at a time.
 *
 * Written in assembly because its numbers fill the registers: six words of weights, two sums, two words of values. The
 * order of instructions suits a Cortex-M7, which issues a load two cycles before its product; loads for a Cortex-M4
 * would better be side by side, but that takes two registers more. */
#ifndef MCUBENCH_STRIP_3X3_H
#define MCUBENCH_STRIP_3X3_H

#include "dsp.h"
#include "requantize_dsp.h"

/* What the loop reads: its members' places are written out below. */
typedef struct strip_3x3 {
    uint32_t taps[6]; /* of each row: taps 0 and 1, taps 1 and 2 */
    int32_t bias;
    uint32_t multiplier;
    int32_t right;
    int32_t addend;
    int32_t channels;  /* bytes from pixel to pixel of the output */
    int32_t row_bytes; /* from row to row of the values */
    const int16_t *end;
} strip_3x3_t;

#if DSP_INSTRUCTIONS

/* clang-format off */

/* One row of neighbours one value apart, which share three; and of neighbours two apart. Then the next row's values. */
#define STRIP_ROW_1(left, right, before, next_a, next_b)                                                               \
    "smlad  %[s], %[a], " left ", %[s]\n\t" before                                                                     \
    "smlatb %[n], %[a], " left ", %[n]\n\t"                                                                            \
    "smlabt %[s], %[b], " right ", %[s]\n\t" next_a                                                                    \
    "smlad  %[n], %[b], " right ", %[n]\n\t" next_b
#define STRIP_ROW_2(left, right, before, next_a, next_b)                                                               \
    "smlad  %[s], %[a], " left ", %[s]\n\t"                                                                            \
    "ldr.w  %[a], [%[x], #8]\n\t"                                                                                      \
    "smlad  %[n], %[b], " left ", %[n]\n\t" before                                                                     \
    "smlabt %[s], %[b], " right ", %[s]\n\t" next_b                                                                    \
    "smlabt %[n], %[a], " right ", %[n]\n\t" next_a

#define STRIP_LOOP(sum_row, step)                                                                                       \
    __asm__ volatile("ldm.w  %[k], {r4, r5, r6, r8, r9, r10}\n\t"                                                      \
                     ".balign 4\n"                                                                                     \
                     "1:\n\t"                                                                                          \
                     "ldr.w  %[a], [%[x]]\n\t"                                                                         \
                     "ldr.w  %[b], [%[x], #4]\n\t"                                                                     \
                     "ldr.w  %[s], [%[k], #24]\n\t"                                                                    \
                     "mov.w  %[n], %[s]\n\t"                                                                           \
                     sum_row("r4", "r5", "add.w  %[x], %[x], %[row]\n\t", "ldr.w  %[a], [%[x]]\n\t",                       \
                         "ldr.w  %[b], [%[x], #4]\n\t")                                                                \
                     sum_row("r6", "r8", "add.w  %[x], %[x], %[row]\n\t", "ldr.w  %[a], [%[x]]\n\t",                       \
                         "ldr.w  %[b], [%[x], #4]\n\t")                                                                \
                     sum_row("r9", "r10", "", "", "")                                                                      \
                     "sub.w  %[x], %[x], %[row], lsl #1\n\t"                                                           \
                     "ldr.w  %[a], [%[k], #28]\n\t"                                                                    \
                     "add.w  %[x], %[x], #" step "\n\t"                                                                \
                     "smmlar %[b], %[s], %[a], %[s]\n\t"                                                               \
                     "smmlar %[a], %[n], %[a], %[n]\n\t"                                                               \
                     "add.w  %[b], %[b], %[s], asr #31\n\t"                                                            \
                     "ldr.w  %[s], [%[k], #32]\n\t"                                                                    \
                     "add.w  %[a], %[a], %[n], asr #31\n\t"                                                            \
                     "ldr.w  %[n], [%[k], #36]\n\t"                                                                    \
                     "asr.w  %[b], %[b], %[s]\n\t"                                                                     \
                     "asr.w  %[a], %[a], %[s]\n\t"                                                                     \
                     "ldr.w  %[s], [%[k], #40]\n\t"                                                                    \
                     "add.w  %[b], %[b], %[n]\n\t"                                                                     \
                     "add.w  %[a], %[a], %[n]\n\t"                                                                     \
                     "ldr.w  %[n], [%[k], #48]\n\t"                                                                    \
                     "ssat   %[b], #8, %[b], asr #1\n\t"                                                               \
                     "ssat   %[a], #8, %[a], asr #1\n\t"                                                               \
                     "cmp.w  %[x], %[n]\n\t"                                                                           \
                     "strb.w %[b], [%[to]]\n\t"                                                                        \
                     "strb.w %[a], [%[to], %[s]]\n\t"                                                                  \
                     "add.w  %[to], %[to], %[s], lsl #1\n\t"                                                           \
                     "bne.w  1b"                                                                                       \
                     : [x] "+&r"(x), [to] "+&r"(output), [a] "=&r"(a), [b] "=&r"(b), [s] "=&r"(s), [n] "=&r"(n)        \
                     : [k] "r"(strip), [row] "r"(strip->row_bytes)                                                     \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory")

/* Pairs of pixels from `x` up to `strip->end`, `stride` (1 or 2) values apart. */
static inline void strip_pairs(const strip_3x3_t *strip, int32_t stride, const int16_t *x, int8_t *output) {
    uint32_t a, b, s, n;
    if (stride == 1) {
        STRIP_LOOP(STRIP_ROW_1, "4");
    } else {
        STRIP_LOOP(STRIP_ROW_2, "8");
    }
}

/* clang-format on */

#else

static inline int8_t strip_pixel(const strip_3x3_t *strip, const int16_t *x) {
    requantize_factor_t factor = {strip->multiplier, strip->right, strip->addend};
    int32_t sum = strip->bias;
    for (int32_t row = 0; row < 3; row++) {
        sum = dsp_smlad(dsp_load(x), strip->taps[2 * row], sum);
        sum = dsp_smlabt(dsp_load(x + 2), strip->taps[2 * row + 1], sum);
        x += strip->row_bytes / 2;
    }
    return (int8_t)requantize_right(sum, &factor);
}

static inline void strip_pairs(const strip_3x3_t *strip, int32_t stride, const int16_t *x, int8_t *output) {
    for (; x != strip->end; x += 2 * stride) {
        output[0] = strip_pixel(strip, x);
        output[strip->channels] = strip_pixel(strip, x + stride);
        output += 2 * strip->channels;
    }
}

#endif

#endif
