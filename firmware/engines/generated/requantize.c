#include "requantize.h"

int32_t requantize_divide(int32_t value, int32_t exponent) {
    int32_t mask = (int32_t)((1u << exponent) - 1u);
    int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> exponent) + ((value & mask) > threshold);
}

int32_t requantize_multiply(int32_t a, int32_t b) {
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

int32_t requantize_scale(int32_t value, int32_t significand, int32_t shift) {
    int32_t left = shift > 0 ? shift : 0;
    int32_t product = requantize_multiply((int32_t)((uint32_t)value << left), significand);
    return requantize_divide(product, left - shift);
}

int32_t requantize_dense_left(uint32_t magnitude, const kernels_channel_t *channel) {
    uint64_t product = (uint64_t)magnitude * channel->multiplier;
    uint64_t rounded = (product >> (31 - channel->shift)) + 1;
    return rounded > 512 ? 256 : (int32_t)(rounded >> 1);
}
