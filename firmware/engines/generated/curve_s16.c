/* LOGISTIC and TANH of int16, as google-ai-edge/LiteRT, tflite/kernels/internal/reference/integer_ops/{logistic,tanh}.h
 * have them: both interpolate the logistic curve for positive x, tanh(x) being 2 x logistic(2 x) - 1. */
#include "kernels_elementwise.h"

/* The curve ends at the last point; the two end it in different ways. */
enum { LAST = KERNELS_CURVE_POINTS - 1, LOGISTIC_BITS = 9, TANH_BITS = 8, LOGISTIC_END = 32766, TANH_END = 32767 };

static int32_t position(const kernels_curve_s16_t *curve, int32_t value) {
    int32_t half = curve->shift > 0 ? 1 << (curve->shift - 1) : 0;
    return (value * curve->multiplier + half) >> curve->shift;
}

/* logistic(x) - 1/2 for x >= 0, with `bits` bits more than the table; as many lie between two of its points. */
static int32_t interpolate(const int16_t *table, int32_t x, int32_t bits, int32_t end) {
    int32_t index = x >> bits;
    if (index >= LAST) {
        return end << bits;
    }
    return (table[index] << bits) + (x & ((1 << bits) - 1)) * (table[index + 1] - table[index]);
}

void kernels_logistic_s16(const kernels_curve_s16_t *curve, const int16_t *input, int16_t *output) {
    const int32_t middle = 1 << (15 + LOGISTIC_BITS);
    for (int32_t count = curve->count; count > 0; count--) {
        int32_t x = position(curve, *input++);
        int32_t above = interpolate(curve->table, x < 0 ? -x : x, LOGISTIC_BITS, LOGISTIC_END);
        int32_t sum = x < 0 ? middle - above - 1 : middle + above;
        *output++ = (int16_t)((sum + (1 << LOGISTIC_BITS)) >> (LOGISTIC_BITS + 1));
    }
}

void kernels_tanh_s16(const kernels_curve_s16_t *curve, const int16_t *input, int16_t *output) {
    for (int32_t count = curve->count; count > 0; count--) {
        int32_t x = position(curve, *input++);
        int32_t above = interpolate(curve->table, x < 0 ? -x : x, TANH_BITS, TANH_END);
        *output++ = (int16_t)(((x < 0 ? -above - 1 : above) + (1 << (TANH_BITS - 1))) >> TANH_BITS);
    }
}
