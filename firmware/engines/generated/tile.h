/* The inner loop of int8 convolution: four pixels' columns with the weights of all pairs of channels, from biases to
 * bytes.
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

#if DSP_LOOPS

_Static_assert(sizeof(kernels_channel_t) == 12, "the loop knows where the members are");

/* clang-format off */

/* The last two values of each column, and the first of the channels' multipliers in `v`. */
#define TILE_LAST                                                                                                      \
    "sxtb16 %[w], %[v], ror #8\n\t"                                                                                    \
    "ldr.w  %[b], [%[x], #20]\n\t"                                                                                     \
    "sxtb16 %[v], %[v]\n\t"                                                                                            \
    "smlad  %[q0], %[w], %[a], %[q0]\n\t"                                                                              \
    "smlad  %[p0], %[v], %[a], %[p0]\n\t"                                                                              \
    "ldr.w  %[a], [%[x], #24]\n\t"                                                                                     \
    "smlad  %[p1], %[v], %[b], %[p1]\n\t"                                                                              \
    "smlad  %[q1], %[w], %[b], %[q1]\n\t"                                                                              \
    "ldr.w  %[b], [%[x], #28]\n\t"                                                                                     \
    "smlad  %[p2], %[v], %[a], %[p2]\n\t"                                                                              \
    "ldr.w  %[x], %[channel]\n\t"                                                                                      \
    "smlad  %[q2], %[w], %[a], %[q2]\n\t"                                                                              \
    "smlad  %[p3], %[v], %[b], %[p3]\n\t"                                                                              \
    "smlad  %[q3], %[w], %[b], %[q3]\n\t"                                                                              \
    "ldr.w  %[v], [%[x], #4]\n\t"

/* Eight sums to bytes, all steps of one behind those of another, so that no result is waited for. `a` and `b` are how
 * far to shift. The sign of a product is that of its sum, but where both round to the zero point
 * (requantize_conv_right). A pixel's two channels are neighbours, so one store takes both. Leaves where the next
 * pair's factors are in `a`, and flags that tell whether there is one. */
#define TILE_STORE                                                                                                     \
    "ldr.w  %[w], [%[x], #16]\n\t"                                                                                     \
    "ldr.w  %[b], [%[x], #20]\n\t"                                                                                     \
    "smmlar %[p0], %[p0], %[v], %[p0]\n\t"                                                                             \
    "ldr.w  %[a], [%[x], #8]\n\t"                                                                                      \
    "smmlar %[p1], %[p1], %[v], %[p1]\n\t"                                                                             \
    "add.w  %[x], %[x], #24\n\t"                                                                                       \
    "smmlar %[p2], %[p2], %[v], %[p2]\n\t"                                                                             \
    "mvn.w  %[a], %[a]\n\t"                                                                                            \
    "smmlar %[p3], %[p3], %[v], %[p3]\n\t"                                                                             \
    "ldr.w  %[v], %[addend]\n\t"                                                                                       \
    "smmlar %[q0], %[q0], %[w], %[q0]\n\t"                                                                             \
    "add.w  %[p0], %[p0], %[p0], asr #31\n\t"                                                                          \
    "smmlar %[q1], %[q1], %[w], %[q1]\n\t"                                                                             \
    "add.w  %[p1], %[p1], %[p1], asr #31\n\t"                                                                          \
    "smmlar %[q2], %[q2], %[w], %[q2]\n\t"                                                                             \
    "add.w  %[p2], %[p2], %[p2], asr #31\n\t"                                                                          \
    "smmlar %[q3], %[q3], %[w], %[q3]\n\t"                                                                             \
    "add.w  %[p3], %[p3], %[p3], asr #31\n\t"                                                                          \
    "mvn.w  %[b], %[b]\n\t"                                                                                            \
    "str.w  %[x], %[channel]\n\t"                                                                                      \
    "asr.w  %[p0], %[p0], %[a]\n\t"                                                                                    \
    "add.w  %[q0], %[q0], %[q0], asr #31\n\t"                                                                          \
    "asr.w  %[p1], %[p1], %[a]\n\t"                                                                                    \
    "add.w  %[q1], %[q1], %[q1], asr #31\n\t"                                                                          \
    "asr.w  %[p2], %[p2], %[a]\n\t"                                                                                    \
    "add.w  %[q2], %[q2], %[q2], asr #31\n\t"                                                                          \
    "asr.w  %[p3], %[p3], %[a]\n\t"                                                                                    \
    "add.w  %[q3], %[q3], %[q3], asr #31\n\t"                                                                          \
    "asr.w  %[q0], %[q0], %[b]\n\t"                                                                                    \
    "add.w  %[p0], %[p0], %[v]\n\t"                                                                                    \
    "asr.w  %[q1], %[q1], %[b]\n\t"                                                                                    \
    "add.w  %[p1], %[p1], %[v]\n\t"                                                                                    \
    "asr.w  %[q2], %[q2], %[b]\n\t"                                                                                    \
    "add.w  %[p2], %[p2], %[v]\n\t"                                                                                    \
    "asr.w  %[q3], %[q3], %[b]\n\t"                                                                                    \
    "add.w  %[p3], %[p3], %[v]\n\t"                                                                                    \
    "ssat   %[p0], #8, %[p0], asr #1\n\t"                                                                              \
    "add.w  %[q0], %[q0], %[v]\n\t"                                                                                    \
    "ssat   %[p1], #8, %[p1], asr #1\n\t"                                                                              \
    "add.w  %[q1], %[q1], %[v]\n\t"                                                                                    \
    "ssat   %[p2], #8, %[p2], asr #1\n\t"                                                                              \
    "add.w  %[q2], %[q2], %[v]\n\t"                                                                                    \
    "ssat   %[p3], #8, %[p3], asr #1\n\t"                                                                              \
    "add.w  %[q3], %[q3], %[v]\n\t"                                                                                    \
    "ssat   %[q0], #8, %[q0], asr #1\n\t"                                                                              \
    "ldr.w  %[b], %[to]\n\t"                                                                                           \
    "ssat   %[q1], #8, %[q1], asr #1\n\t"                                                                              \
    "ldr.w  %[x], %[out_channels]\n\t"                                                                                 \
    "ssat   %[q2], #8, %[q2], asr #1\n\t"                                                                              \
    "ldr.w  %[w], %[end]\n\t"                                                                                          \
    "ssat   %[q3], #8, %[q3], asr #1\n\t"                                                                              \
    "add.w  %[a], %[b], %[x], lsl #1\n\t"                                                                              \
    "bfi    %[p0], %[q0], #8, #8\n\t"                                                                                  \
    "bfi    %[p1], %[q1], #8, #8\n\t"                                                                                  \
    "strh.w %[p0], [%[b]]\n\t"                                                                                         \
    "bfi    %[p2], %[q2], #8, #8\n\t"                                                                                  \
    "strh.w %[p1], [%[b], %[x]]\n\t"                                                                                   \
    "bfi    %[p3], %[q3], #8, #8\n\t"                                                                                  \
    "add.w  %[b], %[b], #2\n\t"                                                                                        \
    "strh.w %[p2], [%[a]]\n\t"                                                                                         \
    "cmp.w  %[b], %[w]\n\t"                                                                                            \
    "strh.w %[p3], [%[a], %[x]]\n\t"                                                                                   \
    "ldr.w  %[a], %[channel]\n\t"                                                                                      \
    "str.w  %[b], %[to]\n\t"

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
    __asm__ volatile(COLUMN_LOAD(a, "%[channel]")
                     "1:\n\t"
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
                     TILE_LAST
                     TILE_STORE
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
