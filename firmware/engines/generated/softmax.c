/* Softmax. The int8 one computes in fixed point exactly as the TensorFlow Lite reference kernel does: exp() and 1/(1+x)
 * as in gemmlowp's fixedpoint.h (a polynomial on (-1/4, 0], products of exp(-2^k), three Newton-Raphson steps). */
#include <limits.h>
#include <math.h>

#include "requantize.h"

/* A Qm.n number is an int32 with m integer bits and n = 31 - m fraction bits. */
enum { DIFFERENCE_BITS = 5, SUM_BITS = 12 };

static int32_t multiply_by_power(int32_t value, int32_t exponent) {
    int32_t limit = (1 << (31 - exponent)) - 1;
    if (value > limit) {
        return INT32_MAX;
    }
    if (value < -limit) {
        return INT32_MIN;
    }
    return value * (1 << exponent);
}

/* exp(x), Q0 to Q0, for x in [-1/4, 0): a Taylor polynomial of degree 4 around -1/8. */
static int32_t exp_of_quarter(int32_t x) {
    const int32_t exp_of_eighth = 1895147668; /* exp(-1/8) */
    const int32_t third = 715827883;
    int32_t t = x + (1 << 28);
    int32_t t2 = requantize_multiply(t, t);
    int32_t t3 = requantize_multiply(t2, t);
    int32_t t4 = requantize_multiply(t2, t2);
    int32_t higher = requantize_divide(requantize_multiply(requantize_divide(t4, 2) + t3, third) + t2, 1);
    return exp_of_eighth + requantize_multiply(exp_of_eighth, t + higher);
}

/* exp(x), Q5 to Q0, for x <= 0. */
static int32_t exp_of_negative(int32_t x) {
    static const int32_t exp_of_powers[] = {
        /* exp(-1/4), exp(-1/2), exp(-1) ... exp(-16) in Q0 */
        1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242,
    };
    const int32_t quarter = 1 << (31 - DIFFERENCE_BITS - 2);
    if (x == 0) {
        return INT32_MAX;
    }
    int32_t fraction = (x & (quarter - 1)) - quarter;
    int32_t rest = fraction - x;
    int32_t result = exp_of_quarter(multiply_by_power(fraction, DIFFERENCE_BITS));
    for (int32_t power = 0; power < 7; power++) {
        if (rest & (quarter << power)) {
            result = requantize_multiply(result, exp_of_powers[power]);
        }
    }
    return result;
}

/* 1 / (1 + x), Q0 to Q0, for x in [0, 1). */
static int32_t reciprocal(int32_t x) {
    const int32_t one = 1 << 29; /* Q2, as are the constants of the first guess, 48/17 - 32/17 d */
    const int32_t guess = 1515870810;
    const int32_t guess_slope = -1010580540;
    int32_t half_denominator = (int32_t)(((int64_t)x + INT32_MAX + 1) >> 1);
    int32_t result = guess + requantize_multiply(half_denominator, guess_slope);
    for (int32_t step = 0; step < 3; step++) {
        int32_t error = one - requantize_multiply(half_denominator, result);
        result += multiply_by_power(requantize_multiply(result, error), 2);
    }
    return multiply_by_power(result, 1);
}

static int32_t exp_of_difference(const kernels_softmax_s8_t *softmax, int32_t difference) {
    return exp_of_negative(requantize_scale(difference, softmax->multiplier, softmax->shift));
}

static int32_t leading_zeros(uint32_t value) {
    int32_t count = 0;
    while (!(value & 0x80000000u)) {
        value <<= 1;
        count++;
    }
    return count;
}

static void softmax_row_s8(const kernels_softmax_s8_t *softmax, const int8_t *input, int8_t *output) {
    int32_t largest = INT8_MIN;
    for (int32_t c = 0; c < softmax->depth; c++) {
        largest = input[c] > largest ? input[c] : largest;
    }
    int32_t sum = 0;
    for (int32_t c = 0; c < softmax->depth; c++) {
        int32_t difference = input[c] - largest;
        if (difference >= softmax->diff_min) {
            sum += requantize_divide(exp_of_difference(softmax, difference), SUM_BITS);
        }
    }
    /* sum = 2^(SUM_BITS - zeros) x (1 + x) in Q12, so that 1 / sum is a reciprocal and a shift. */
    int32_t zeros = leading_zeros((uint32_t)sum);
    int32_t scale = reciprocal((int32_t)(((uint32_t)sum << zeros) - 0x80000000u));
    int32_t exponent = SUM_BITS - zeros + 31 - 8;
    for (int32_t c = 0; c < softmax->depth; c++) {
        int32_t difference = input[c] - largest;
        int32_t value = INT8_MIN;
        /* An exponent of 32 is a sum of 512 and more: no share is half a step then. (The reference kernel aborts.) */
        if (difference >= softmax->diff_min && exponent < 32) {
            value += requantize_divide(requantize_multiply(scale, exp_of_difference(softmax, difference)), exponent);
        }
        output[c] = (int8_t)(value > INT8_MAX ? INT8_MAX : value);
    }
}

void kernels_softmax_s8(const kernels_softmax_s8_t *softmax, const int8_t *input, int8_t *output) {
    for (int32_t row = 0; row < softmax->rows; row++) {
        softmax_row_s8(softmax, input, output);
        input += softmax->depth;
        output += softmax->depth;
    }
}

void kernels_softmax_f32(const kernels_softmax_f32_t *softmax, const float *input, float *output) {
    for (int32_t row = 0; row < softmax->rows; row++) {
        float largest = input[0];
        float sum = 0.0f;
        for (int32_t c = 1; c < softmax->depth; c++) {
            largest = input[c] > largest ? input[c] : largest;
        }
        for (int32_t c = 0; c < softmax->depth; c++) {
            output[c] = expf((input[c] - largest) * softmax->beta);
            sum += output[c];
        }
        for (int32_t c = 0; c < softmax->depth; c++) {
            output[c] /= sum;
        }
        input += softmax->depth;
        output += softmax->depth;
    }
}
