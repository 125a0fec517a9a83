/* Operators with weights, pools, softmax and conversions for int16 activations; their zero point is 0, weights are int8. */
#ifndef MCUBENCH_KERNELS_S16_H
#define MCUBENCH_KERNELS_S16_H

#include "kernels_types.h"

/* What turns the sum of an output channel into int16. */
typedef struct kernels_output_s16 {
    const int64_t *bias;
    const int32_t *multipliers;
    const int32_t *shifts;
    int32_t is_wide; /* 1: sum x multiplier / 2^shift; 0: sum, of 32 bits, x multiplier / 2^31 x 2^shift, rounded twice */
    int32_t min;     /* of the fused activation */
    int32_t max;
} kernels_output_s16_t;

typedef struct kernels_conv_s16 {
    const int8_t *weights; /* [out_channels][kernel height x width x in_channels] */
    kernels_window_t window;
    kernels_output_s16_t output;
} kernels_conv_s16_t;

/* Output channel c reads input channel c / multiplier. */
typedef struct kernels_depthwise_s16 {
    const int8_t *weights; /* [kernel_height x kernel_width][out_channels] */
    kernels_window_t window;
    int32_t multiplier;
    kernels_output_s16_t output;
} kernels_depthwise_s16_t;

typedef struct kernels_fully_connected_s16 {
    const int8_t *weights; /* [units][depth] */
    const int64_t *bias;
    const double *factors; /* the reference kernel scales sums in double */
    int32_t rows;
    int32_t depth;
    int32_t units;
    int32_t min;
    int32_t max;
} kernels_fully_connected_s16_t;

typedef struct kernels_pool_s16 {
    kernels_window_t window;
    int32_t min;
    int32_t max;
} kernels_pool_s16_t;

/* Tables have a value for each 128th input from -32768 to 32768. */
typedef struct kernels_softmax_s16 {
    const int16_t *exponentials; /* exp(x) for x from -10 to 0 */
    const int16_t *reciprocals;  /* 1 / (1 + x) for x from 0 to 1 */
    int32_t rows;
    int32_t depth;
    int32_t multiplier; /* of the difference to the row's maximum, to steps of 10 / 65535 */
    int32_t shift;
} kernels_softmax_s16_t;

typedef struct kernels_rescale {
    int32_t count;
    int32_t input_zero_point;
    int32_t output_zero_point;
    int32_t multiplier; /* 31-bit significand of the reference */
    int32_t shift;
} kernels_rescale_t;

typedef struct kernels_quantize_s16 {
    int32_t count;
    float scale;
} kernels_quantize_s16_t;

/* Scratch of convolutions is a column of values, unless the window is one pixel. */
void kernels_conv_s16(const kernels_conv_s16_t *conv, const int16_t *input, int16_t *output, int16_t *scratch);
void kernels_depthwise_s16(const kernels_depthwise_s16_t *conv, const int16_t *input, int16_t *output,
                           int16_t *scratch);
void kernels_fully_connected_s16(const kernels_fully_connected_s16_t *layer, const int16_t *input, int16_t *output);

/* Pools may run in place if there is no padding. */
void kernels_max_pool_s16(const kernels_pool_s16_t *pool, const int16_t *input, int16_t *output);
void kernels_average_pool_s16(const kernels_pool_s16_t *pool, const int16_t *input, int16_t *output);

/* These may run in place, unless the output's elements are larger than the input's. */
void kernels_softmax_s16(const kernels_softmax_s16_t *softmax, const int16_t *input, int16_t *output);
void kernels_quantize_s16(const kernels_quantize_s16_t *quantize, const float *input, int16_t *output);
void kernels_dequantize_s16(const kernels_quantize_s16_t *quantize, const int16_t *input, float *output);
void kernels_rescale_s8_s16(const kernels_rescale_t *rescale, const int8_t *input, int16_t *output);
void kernels_rescale_u8_s16(const kernels_rescale_t *rescale, const uint8_t *input, int16_t *output);
void kernels_rescale_s16_s8(const kernels_rescale_t *rescale, const int16_t *input, int8_t *output);
void kernels_rescale_s16_s16(const kernels_rescale_t *rescale, const int16_t *input, int16_t *output);
void kernels_rescale_s16_s32(const kernels_rescale_t *rescale, const int16_t *input, int32_t *output);
void kernels_rescale_s32_s8(const kernels_rescale_t *rescale, const int32_t *input, int8_t *output);
void kernels_rescale_s32_s16(const kernels_rescale_t *rescale, const int32_t *input, int16_t *output);

#endif
