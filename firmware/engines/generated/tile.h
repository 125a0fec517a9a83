/* The inner loop of int8 convolution: four pixels' columns with the weights of all pairs of channels, from biases to bytes.
 *
 * In assembly, as in column.h, because sums, values and pointers take every register there is: what is constant is read
 * from memory. Factors are below 1/2, and limits are those of int8 (requantize_dsp.h). */
#ifndef MCUBENCH_TILE_H
#define MCUBENCH_TILE_H

#include "column.h"
#include "requantize_dsp.h"

typedef struct tile {
    const uint32_t *columns;
    int32_t depth;
    const int8_t *weights;
    const kernels_channel_t *channel;
    int8_t *output;
    int32_t pairs; /* of channels */
    int32_t out_channels;
    int32_t addend; /* of requantize_factor_t */
} tile_t;

#if DSP_INSTRUCTIONS

_Static_assert(sizeof(kernels_channel_t) == 12, "the loop knows where the members are");

/* clang-format off */

/* Four sums to bytes at `b`, `b` + out_channels ...; `v` is the multiplier, `a` how far to shift. */
#define TILE_STORE(s0, s1, s2, s3, place)                                                                              \
    "smmlar %[x], " s0 ", %[v], " s0 "\n\t"                                                                            \
    "smmlar %[b], " s1 ", %[v], " s1 "\n\t"                                                                            \
    "mvn.w  %[a], %[a]\n\t"                                                                                            \
    "add.w  " s0 ", %[x], " s0 ", asr #31\n\t"                                                                         \
    "smmlar %[x], " s2 ", %[v], " s2 "\n\t"                                                                            \
    "add.w  " s1 ", %[b], " s1 ", asr #31\n\t"                                                                         \
    "smmlar %[b], " s3 ", %[v], " s3 "\n\t"                                                                            \
    "ldr.w  %[v], %[addend]\n\t"                                                                                       \
    "asr.w  " s0 ", " s0 ", %[a]\n\t"                                                                                  \
    "add.w  " s2 ", %[x], " s2 ", asr #31\n\t"                                                                         \
    "asr.w  " s1 ", " s1 ", %[a]\n\t"                                                                                  \
    "add.w  " s3 ", %[b], " s3 ", asr #31\n\t"                                                                         \
    "asr.w  " s2 ", " s2 ", %[a]\n\t"                                                                                  \
    "add.w  " s0 ", " s0 ", %[v]\n\t"                                                                                  \
    "asr.w  " s3 ", " s3 ", %[a]\n\t"                                                                                  \
    "add.w  " s1 ", " s1 ", %[v]\n\t"                                                                                  \
    "ssat   " s0 ", #8, " s0 ", asr #1\n\t"                                                                            \
    "add.w  " s2 ", " s2 ", %[v]\n\t"                                                                                  \
    "ssat   " s1 ", #8, " s1 ", asr #1\n\t"                                                                            \
    "add.w  " s3 ", " s3 ", %[v]\n\t"                                                                                  \
    "ldr.w  %[b], %[to]\n\t"                                                                                           \
    "ldr.w  %[x], %[out_channels]\n\t"                                                                                 \
    "ssat   " s2 ", #8, " s2 ", asr #1\n\t"                                                                            \
    "ssat   " s3 ", #8, " s3 ", asr #1\n\t" place                                                                      \
    "strb.w " s0 ", [%[b]]\n\t"                                                                                        \
    "strb.w " s1 ", [%[b], %[x]]\n\t"                                                                                  \
    "add.w  %[b], %[b], %[x], lsl #1\n\t"                                                                              \
    "strb.w " s2 ", [%[b]]\n\t"                                                                                        \
    "strb.w " s3 ", [%[b], %[x]]\n\t"

static DSP_APART void tile_multiply(const tile_t *tile) {
    const uint32_t *columns = tile->columns;
    const uint32_t *last = columns + 2 * (tile->depth - 4);
    const kernels_channel_t *channel = tile->channel;
    int8_t *output = tile->output;
    const int8_t *end = output + 2 * tile->pairs;
    const int32_t out_channels = tile->out_channels;
    const int32_t addend = tile->addend;
    const int8_t *weights = tile->weights;
    int32_t p0, p1, p2, p3, q0, q1, q2, q3;
    uint32_t v, w, a, b, x;
    __asm__ volatile("1:\n\t"
                     COLUMN_LOAD(a, "%[channel]")
                     COLUMN_LOAD(x, "%[columns]")
                     COLUMN_LOAD(w, "%[last]")
                     COLUMN_LOAD(p0, "[%[a]]")
                     COLUMN_LOAD(q0, "[%[a], #12]")
                     COLUMN_LOAD(v, "[%[weights]], #4")
                     COLUMN_LOAD(a, "[%[x]]")
                     "mov.w  %[p1], %[p0]\n\t"
                     "mov.w  %[p2], %[p0]\n\t"
                     "mov.w  %[p3], %[p0]\n\t"
                     "mov.w  %[q1], %[q0]\n\t"
                     "mov.w  %[q2], %[q0]\n\t"
                     "mov.w  %[q3], %[q0]\n\t"
                     "cmp.w  %[x], %[w]\n\t"
                     "beq.w  3f\n\t"
                     ".balign 4\n"
                     "2:\n\t"
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #4]"), COLUMN_LOAD(a, "[%[x], #8]"),
                                 COLUMN_LOAD(b, "[%[x], #12]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #16]"))
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #20]"), COLUMN_LOAD(a, "[%[x], #24]"),
                                 COLUMN_LOAD(b, "[%[x], #28]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #32]!"))
                     COLUMN_LOAD(w, "%[last]")
                     "cmp.w  %[x], %[w]\n\t"
                     "bne.w  2b\n"
                     "3:\n\t"
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #4]"), COLUMN_LOAD(a, "[%[x], #8]"),
                                 COLUMN_LOAD(b, "[%[x], #12]"), COLUMN_LOAD(v, "[%[weights]], #4"),
                                 COLUMN_LOAD(a, "[%[x], #16]"))
                     COLUMN_STEP(COLUMN_LOAD(b, "[%[x], #20]"), COLUMN_LOAD(a, "[%[x], #24]"),
                                 COLUMN_LOAD(b, "[%[x], #28]"), "", "")
                     COLUMN_LOAD(w, "%[channel]")
                     COLUMN_LOAD(v, "[%[w], #4]")
                     COLUMN_LOAD(a, "[%[w], #8]")
                     TILE_STORE("%[p0]", "%[p1]", "%[p2]", "%[p3]", "")
                     COLUMN_LOAD(v, "[%[w], #16]")
                     COLUMN_LOAD(a, "[%[w], #20]")
                     "add.w  %[w], %[w], #24\n\t"
                     "str.w  %[w], %[channel]\n\t"
                     TILE_STORE("%[q0]", "%[q1]", "%[q2]", "%[q3]",
                                "add.w  %[w], %[b], #2\n\t"
                                "add.w  %[b], %[b], #1\n\t"
                                "str.w  %[w], %[to]\n\t")
                     COLUMN_LOAD(x, "%[end]")
                     "cmp.w  %[w], %[x]\n\t"
                     "bne.w  1b"
                     : [p0] "=&r"(p0), [p1] "=&r"(p1), [p2] "=&r"(p2), [p3] "=&r"(p3), [q0] "=&r"(q0), [q1] "=&r"(q1),
                       [q2] "=&r"(q2), [q3] "=&r"(q3), [weights] "+&r"(weights), [x] "=&r"(x), [v] "=&r"(v),
                       [w] "=&r"(w), [a] "=&r"(a), [b] "=&r"(b), [channel] "+m"(channel), [to] "+m"(output)
                     : [columns] "m"(columns), [last] "m"(last), [end] "m"(end), [out_channels] "m"(out_channels),
                       [addend] "m"(addend)
                     : "cc", "memory");
}

/* clang-format on */

#else

static void tile_multiply(const tile_t *tile) {
    for (int32_t c = 0; c < 2 * tile->pairs; c += 2) {
        const kernels_channel_t *channel = tile->channel + c;
        int32_t sums[2][4];
        for (int32_t pixel = 0; pixel < 4; pixel++) {
            sums[0][pixel] = channel[0].bias;
            sums[1][pixel] = channel[1].bias;
        }
        column_multiply_four(tile->columns, tile->depth, tile->weights + c * tile->depth, sums[0], sums[1]);
        for (int32_t i = 0; i < 2; i++) {
            const requantize_factor_t factor = {channel[i].multiplier, -channel[i].shift - 1, tile->addend};
            for (int32_t pixel = 0; pixel < 4; pixel++) {
                tile->output[c + i + pixel * tile->out_channels] = (int8_t)requantize_right(sums[i][pixel], &factor);
            }
        }
    }
}

#endif

#endif
