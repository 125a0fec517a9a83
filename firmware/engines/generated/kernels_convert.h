/* Softmax, and conversions from one type or scale to another. */
#ifndef MCUBENCH_KERNELS_CONVERT_H
#define MCUBENCH_KERNELS_CONVERT_H

#include <stdint.h>

typedef struct kernels_softmax_s8 {
    int32_t rows;
    int32_t depth;
    int32_t multiplier; /* of the difference to the row's maximum, to Q5.26 */
    int32_t shift;
    int32_t diff_min; /* below this difference the output is 0 */
} kernels_softmax_s8_t;

typedef struct kernels_softmax_f32 {
    int32_t rows;
    int32_t depth;
    float beta;
} kernels_softmax_f32_t;

/* Quantised elements are int8, or uint8 if `flip` is 0x80: a uint8 with its top bit flipped is the int8 128 below. */
typedef struct kernels_requantize {
    int32_t count;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t multiplier; /* 31-bit significand of the reference */
    int32_t shift;
    uint8_t input_flip;
    uint8_t output_flip;
} kernels_requantize_t;

typedef struct kernels_quantize {
    int32_t count;
    int32_t zero_point;
    float scale;
    uint8_t flip;
} kernels_quantize_t;

/* These may run in place, kernels_dequantize excepted. */
void kernels_softmax_s8(const kernels_softmax_s8_t *softmax, const int8_t *input, int8_t *output);
void kernels_softmax_f32(const kernels_softmax_f32_t *softmax, const float *input, float *output);
void kernels_requantize(const kernels_requantize_t *requantize, const uint8_t *input, uint8_t *output);
void kernels_quantize(const kernels_quantize_t *quantize, const float *input, uint8_t *output);
void kernels_dequantize(const kernels_quantize_t *quantize, const uint8_t *input, float *output);

#endif
