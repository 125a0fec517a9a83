/* exp, logistic function and tanh of 16-bit fixed-point numbers by a polynomial, factors for the bits that it leaves
 * over, and Newton's division; the steps and their roundings are those of google/gemmlowp, fixedpoint/fixedpoint.h, for
 * std::int16_t, which google-ai-edge/LiteRT, tflite/kernels/internal/reference/portable_tensor_utils.cc calls.
 * In comments, Qm has m integer bits and 15 - m fraction bits. */
#include "fixed_s16.h"

#include "requantize.h"

enum {
    ONE = 32767,        /* 1 in Q0, nearly */
    ONE_Q2 = 1 << 13,   /* 1 in Q2 */
    EXP_EIGHTH = 28918, /* exp(-1/8) in Q0 */
    THIRD = 10923,      /* 1/3 in Q0 */
    START = 23130,      /* 48/17 in Q2: with the next, a first guess of 1/x for x in [1/2, 1] */
    SLOPE = -15420,     /* -32/17 in Q2 */
};

/* A product of fractions, rounded half up; integer bits add up. */
static int32_t multiply(int32_t a, int32_t b) {
    return fixed_s16_saturate((a * b + (1 << 14)) >> 15);
}

static int32_t shift_left(int32_t value, int32_t bits) {
    return fixed_s16_saturate(value * (1 << bits));
}

/* exp(x) in Q0 for x in [-1/4, 0): a Taylor series around -1/8. */
static int32_t exp_of_quarter(int32_t x) {
    x += 1 << 12;
    int32_t square = multiply(x, x);
    int32_t fourth = requantize_divide(multiply(square, square), 2);
    int32_t rest = requantize_divide(multiply(fourth + multiply(square, x), THIRD) + square, 1);
    return fixed_s16_saturate(EXP_EIGHTH + multiply(EXP_EIGHTH, x + rest));
}

/* exp(x) in Q0 for x <= 0. */
static int32_t exp_of_negative(int32_t x, int32_t integer_bits) {
    /* exp(-2^n) in Q0 for n from -2 on. */
    static const int16_t factors[] = {25520, 19875, 12055, 4435, 600, 11, 0};
    const int32_t fraction_bits = 15 - integer_bits;
    const int32_t quarter = 1 << (fraction_bits - 2);
    if (x == 0) {
        return ONE;
    }
    if (integer_bits > 5 && x < -32 * (1 << fraction_bits)) {
        return 0;
    }
    int32_t within = (x & (quarter - 1)) - quarter;
    int32_t result = exp_of_quarter(within * (1 << integer_bits));
    int32_t quarters = (within - x) >> (fraction_bits - 2);
    for (int32_t bit = 0; bit < integer_bits + 2 && bit < 7; bit++) {
        if (quarters >> bit & 1) {
            result = multiply(result, factors[bit]);
        }
    }
    return result;
}

/* 2 / (1 + x) in Q2 for x in Q0 from 0 on. */
static int32_t divide(int32_t x) {
    const int32_t half = (x + ONE + 1) / 2;
    int32_t result = START + multiply(half, SLOPE);
    for (int32_t i = 0; i < 3; i++) {
        result += shift_left(multiply(result, ONE_Q2 - multiply(half, result)), 2);
    }
    return result;
}

int16_t fixed_s16_logistic(int16_t x, int32_t integer_bits) {
    if (x == 0) {
        return 1 << 14;
    }
    /* In Q1, half of it in Q2. */
    int32_t positive = shift_left(divide(exp_of_negative(x > 0 ? -x : x, integer_bits)), 1);
    return (int16_t)(x > 0 ? positive : ONE - positive);
}

int16_t fixed_s16_tanh(int16_t x, int32_t integer_bits) {
    if (x == 0) {
        return 0;
    }
    /* (1 - exp(-2x)) / (1 + exp(-2x)) = 2 / (1 + exp(-2x)) - 1; with one integer bit more, x is 2x. */
    int32_t positive = shift_left(divide(exp_of_negative(x > 0 ? -x : x, integer_bits + 1)) - ONE_Q2, 2);
    return (int16_t)(x > 0 ? positive : -positive);
}
