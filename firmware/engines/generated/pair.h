/* Sums of products for cores without the DSP extension: two channels at a time with one column of values.
 *
 * The weights of two channels alternate (kernels_row), so a word holds two of each. Words are loaded, not bytes: a
 * Cortex-M0 takes two cycles for either, and its flash makes it wait for each. `depth` is a multiple of 4 and all begins
 * on words. */
#ifndef MCUBENCH_PAIR_H
#define MCUBENCH_PAIR_H

#include <stdint.h>
#include <string.h>

static inline uint32_t pair_load(const int8_t *aligned) {
    uint32_t word;
    memcpy(&word, __builtin_assume_aligned(aligned, 4), sizeof(word));
    return word;
}

/* The first is one instruction (SXTB), as the last is. */
static inline int32_t pair_byte(uint32_t word, int32_t number) {
    return number == 0 ? (int8_t)word : (int32_t)(word << (24 - 8 * number)) >> 24;
}

/* Adds to sums[0] and sums[1] the products of the two channels. */
static inline void pair_multiply(const int8_t *weights, const int8_t *values, int32_t depth, int32_t sums[2]) {
    const int8_t *end = values + depth;
    int32_t first = sums[0], second = sums[1];
    while (values != end) {
        uint32_t four = pair_load(values);
        uint32_t pairs = pair_load(weights);
        int32_t value = pair_byte(four, 0);
        first += pair_byte(pairs, 0) * value;
        second += pair_byte(pairs, 1) * value;
        value = pair_byte(four, 1);
        first += pair_byte(pairs, 2) * value;
        second += pair_byte(pairs, 3) * value;
        pairs = pair_load(weights + 4);
        value = pair_byte(four, 2);
        first += pair_byte(pairs, 0) * value;
        second += pair_byte(pairs, 1) * value;
        value = pair_byte(four, 3);
        first += pair_byte(pairs, 2) * value;
        second += pair_byte(pairs, 3) * value;
        values += 4;
        weights += 8;
    }
    sums[0] = first;
    sums[1] = second;
}

/* Returns a column where pair_multiply can read it: where it is, or in `scratch` with zeros behind it. */
static inline const int8_t *pair_align(const int8_t *values, int32_t depth, int32_t padded_depth, int8_t *scratch) {
    if (depth == padded_depth && (uintptr_t)values % 4 == 0) {
        return values;
    }
    memcpy(scratch, values, (size_t)depth);
    memset(scratch + depth, 0, (size_t)(padded_depth - depth));
    return scratch;
}

#endif
