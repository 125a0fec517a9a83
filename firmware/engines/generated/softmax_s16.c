/* int16 softmax, out of two tables, as the TensorFlow Lite reference kernel computes it. */
#include "requantize.h"

/* Between two values of a table on a straight line. */
static int32_t look_up(const int16_t *table, int32_t value) {
    const int16_t *at = table + 256 + (value >> 7);
    return at[0] + (((at[1] - at[0]) * (value & 0x7F) + 64) >> 7);
}

static int32_t clamp(int32_t value, int32_t min, int32_t max) {
    value = value < min ? min : value;
    return value > max ? max : value;
}

static int32_t leading_zeros(uint32_t value) {
    int32_t count = 0;
    while (!(value & 0x80000000u)) {
        value <<= 1;
        count++;
    }
    return count;
}

/* The output holds the exponentials, Q15, until their sum is known. */
static void softmax_row(const kernels_softmax_s16_t *softmax, const int16_t *input, int16_t *output) {
    int32_t largest = INT16_MIN;
    uint32_t sum = 0;
    for (int32_t c = 0; c < softmax->depth; c++) {
        largest = input[c] > largest ? input[c] : largest;
    }
    for (int32_t c = 0; c < softmax->depth; c++) {
        int32_t difference = requantize_scale(input[c] - largest, softmax->multiplier, softmax->shift);
        output[c] = (int16_t)look_up(softmax->exponentials, clamp(difference + INT16_MAX, INT16_MIN, INT16_MAX));
        sum += (uint32_t)output[c];
    }
    /* sum = 2^(16 - zeros) x (1 + x), with x in 16 bits. The largest value's exponential is 1, so zeros <= 17. */
    int32_t zeros = leading_zeros(sum);
    int32_t fraction = (int32_t)((((uint64_t)sum << (zeros - 1)) + (1 << 13)) >> 14) - (1 << 16) - (1 << 15);
    int32_t scale = look_up(softmax->reciprocals, clamp(fraction, INT16_MIN, INT16_MAX));
    int32_t shift = 31 - zeros;
    for (int32_t c = 0; c < softmax->depth; c++) {
        output[c] = (int16_t)clamp((output[c] * scale + (1 << (shift - 1))) >> shift, 0, INT16_MAX);
    }
}

void kernels_softmax_s16(const kernels_softmax_s16_t *softmax, const int16_t *input, int16_t *output) {
    for (int32_t row = 0; row < softmax->rows; row++) {
        softmax_row(softmax, input, output);
        input += softmax->depth;
        output += softmax->depth;
    }
}
