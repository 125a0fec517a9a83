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
    const int16_t *end; /* of the first row, which the loop moves on: */
    int32_t end_step;   /* bytes from the end of one row of windows to that of the next one, */
    int32_t run_bytes;  /* from a row's begin to its end, */
    int32_t to_step;    /* and from the output behind a row to the next row */
    const int16_t *last; /* end of the last row */
} strip_3x3_t;

#if DSP_LOOPS

/* clang-format off */

/* One row of neighbours one value apart, which share three; and of neighbours two apart. `advance` goes to the next
 * row; `once_free` stands where the register that is loaded first for it is free. */
#define STRIP_ROW_1(left, right, advance, once_free, next_first, next_second)                                          \
    "smlad  %[s], %[a], " left ", %[s]\n\t"                                                                            \
    advance "smlatb %[n], %[a], " left ", %[n]\n\t" once_free                                                          \
    "smlabt %[s], %[b], " right ", %[s]\n\t" next_first                                                                \
    "smlad  %[n], %[b], " right ", %[n]\n\t" next_second
#define STRIP_ROW_2(left, right, advance, once_free, next_first, next_second)                                          \
    "smlad  %[n], %[b], " left ", %[n]\n\t"                                                                            \
    "smlad  %[s], %[a], " left ", %[s]\n\t"                                                                            \
    "ldr.w  %[a], [%[x], #8]\n\t"                                                                                      \
    advance "smlabt %[s], %[b], " right ", %[s]\n\t" once_free                                                         \
    "smlabt %[n], %[a], " right ", %[n]\n\t" next_first next_second

#define STRIP_VALUES_A "ldr.w  %[a], [%[x]]\n\t"
#define STRIP_VALUES_B "ldr.w  %[b], [%[x], #4]\n\t"

/* The sign of a product is that of its sum, but where both round to the zero point (requantize_conv_right). */
#define STRIP_LOOP(sum_row, step, first, next_first, second, next_second)                                              \
    __asm__ volatile("ldm.w  %[k], {r4, r5, r6, r8, r9, r10}\n\t"                                                      \
                     ".balign 4\n"                                                                                     \
                     "1:\n\t"                                                                                          \
                     "ldr.w  %[a], [%[x]]\n\t"                                                                         \
                     "ldr.w  %[b], [%[x], #4]\n\t"                                                                     \
                     "ldr.w  %[s], [%[k], #24]\n\t"                                                                    \
                     "mov.w  %[n], %[s]\n\t"                                                                           \
                     sum_row("r4", "r5", "add.w  %[x], %[x], %[row]\n\t", "", next_first, next_second)                 \
                     sum_row("r6", "r8", "add.w  %[x], %[x], %[row]\n\t", "", next_first, next_second)                 \
                     sum_row("r9", "r10", "", "ldr.w  " first ", [%[k], #28]\n\t", "",                                 \
                             "ldr.w  " second ", [%[k], #32]\n\t")                                                     \
                     "smmlar %[s], %[s], " first ", %[s]\n\t"                                                          \
                     "sub.w  %[x], %[x], %[row], lsl #1\n\t"                                                           \
                     "smmlar %[n], %[n], " first ", %[n]\n\t"                                                          \
                     "ldr.w  " first ", [%[k], #36]\n\t"                                                               \
                     "add.w  %[x], %[x], #" step "\n\t"                                                                \
                     "add.w  %[s], %[s], %[s], asr #31\n\t"                                                            \
                     "add.w  %[n], %[n], %[n], asr #31\n\t"                                                            \
                     "asr.w  %[s], %[s], " second "\n\t"                                                               \
                     "asr.w  %[n], %[n], " second "\n\t"                                                               \
                     "add.w  %[s], %[s], " first "\n\t"                                                                \
                     "ldr.w  " second ", [%[k], #40]\n\t"                                                              \
                     "add.w  %[n], %[n], " first "\n\t"                                                                \
                     "ssat   %[s], #8, %[s], asr #1\n\t"                                                               \
                     "ldr.w  " first ", [%[k], #48]\n\t"                                                               \
                     "ssat   %[n], #8, %[n], asr #1\n\t"                                                               \
                     "cmp.w  %[x], " first "\n\t"                                                                      \
                     "strb.w %[s], [%[to]]\n\t"                                                                        \
                     "strb.w %[n], [%[to], " second "]\n\t"                                                            \
                     "add.w  %[to], %[to], " second ", lsl #1\n\t"                                                     \
                     "bne.w  1b\n\t"                                                                                   \
                     "ldr.w  %[n], [%[k], #64]\n\t"                                                                    \
                     "ldr.w  %[a], [%[k], #52]\n\t"                                                                    \
                     "ldr.w  %[b], [%[k], #56]\n\t"                                                                    \
                     "ldr.w  %[s], [%[k], #60]\n\t"                                                                    \
                     "cmp.w  %[x], %[n]\n\t"                                                                           \
                     "add.w  %[a], %[x], %[a]\n\t"                                                                     \
                     "sub.w  %[x], %[a], %[b]\n\t"                                                                     \
                     "add.w  %[to], %[to], %[s]\n\t"                                                                   \
                     "str.w  %[a], [%[k], #48]\n\t"                                                                    \
                     "bne.w  1b"                                                                                       \
                     : [x] "+&r"(x), [to] "+&r"(output), [a] "=&r"(a), [b] "=&r"(b), [s] "=&r"(s), [n] "=&r"(n)        \
                     : [k] "r"(strip), [row] "r"(strip->row_bytes)                                                     \
                     : "r4", "r5", "r6", "r8", "r9", "r10", "cc", "memory")

/* Rows of pairs of pixels, which are `stride` (1 or 2) values apart, from `x` on. */
static inline void strip_rows(strip_3x3_t *strip, int32_t stride, const int16_t *x, int8_t *output) {
    uint32_t a, b, s, n;
    if (stride == 1) {
        STRIP_LOOP(STRIP_ROW_1, "4", "%[a]", STRIP_VALUES_A, "%[b]", STRIP_VALUES_B);
    } else {
        STRIP_LOOP(STRIP_ROW_2, "8", "%[b]", STRIP_VALUES_B, "%[a]", STRIP_VALUES_A);
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

static inline void strip_rows(strip_3x3_t *strip, int32_t stride, const int16_t *x, int8_t *output) {
    for (;;) {
        for (; x != strip->end; x += 2 * stride) {
            output[0] = strip_pixel(strip, x);
            output[strip->channels] = strip_pixel(strip, x + stride);
            output += 2 * strip->channels;
        }
        if (x == strip->last) {
            return;
        }
        strip->end += strip->end_step / 2;
        x = strip->end - strip->run_bytes / 2;
        output += strip->to_step;
    }
}

#endif

#endif
