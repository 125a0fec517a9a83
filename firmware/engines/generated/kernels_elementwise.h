/* Operators that compute each value of their output from one value of each input. */
#ifndef MCUBENCH_KERNELS_ELEMENTWISE_H
#define MCUBENCH_KERNELS_ELEMENTWISE_H

#include "kernels_types.h"

#define KERNELS_BROADCAST_OUTER 5

/* How two operands are walked, the smaller repeated along the larger: rows of `count` values, through which an operand
 * goes in steps of 1, or of 0 where it is repeated; and loops around the rows, the innermost first. */
typedef struct kernels_broadcast {
    int32_t count;
    int32_t first_step;
    int32_t second_step;
    int32_t sizes[KERNELS_BROADCAST_OUTER]; /* 1 where there is no loop */
    int32_t first_strides[KERNELS_BROADCAST_OUTER];
    int32_t second_strides[KERNELS_BROADCAST_OUTER];
} kernels_broadcast_t;

/* A sum of two quantised values. The first has the larger scale; it becomes half of itself, and the second half of
 * itself in the first one's scale, both with fraction bits enough (see mcubench/codegen/lower_binary.py). */
typedef struct kernels_add_scale {
    int32_t first_factor; /* a power of two; negative if it is subtracted */
    int32_t first_offset;
    int32_t second_factor;
    int32_t second_offset;
    uint32_t second_multiplier; /* / 2^32 x 2^shift, as in kernels_channel_t, and the shift is negative */
    int32_t second_shift;
    int32_t second_sign;
    uint32_t multiplier; /* the same from the sum to the output */
    int32_t shift;
    kernels_output_s8_t output;
} kernels_add_scale_t;

/* In these, an operand that is constant stands here, and is not the one that the kernel is called with. */
typedef struct kernels_add_s8 {
    kernels_broadcast_t shape;
    const int8_t *first;
    const int8_t *second;
    kernels_add_scale_t scale;
} kernels_add_s8_t;

typedef struct kernels_add_s16 {
    kernels_broadcast_t shape;
    const int16_t *first;
    const int16_t *second;
    kernels_add_scale_t scale;
} kernels_add_s16_t;

typedef struct kernels_add_f32 {
    kernels_broadcast_t shape;
    const float *first;
    const float *second;
    float second_factor; /* 1, or -1 for a difference */
    float min;
    float max;
} kernels_add_f32_t;

typedef struct kernels_multiply_s8 {
    kernels_broadcast_t shape;
    const int8_t *first;
    const int8_t *second;
    int32_t first_zero_point;
    int32_t second_zero_point;
    uint32_t multiplier; /* / 2^32 x 2^shift, as in kernels_channel_t */
    int32_t shift;
    kernels_output_s8_t output;
} kernels_multiply_s8_t;

typedef struct kernels_multiply_s16 {
    kernels_broadcast_t shape;
    const int16_t *first;
    const int16_t *second;
    uint32_t multiplier;
    int32_t shift;
    kernels_output_s8_t output;
} kernels_multiply_s16_t;

typedef struct kernels_multiply_f32 {
    kernels_broadcast_t shape;
    const float *first;
    const float *second;
    float min;
    float max;
} kernels_multiply_f32_t;

typedef struct kernels_extreme_s8 {
    kernels_broadcast_t shape;
    const int8_t *first;
    const int8_t *second;
    int32_t largest; /* the larger of two values, or the smaller if this is 0 */
} kernels_extreme_s8_t;

typedef struct kernels_extreme_s16 {
    kernels_broadcast_t shape;
    const int16_t *first;
    const int16_t *second;
    int32_t largest;
} kernels_extreme_s16_t;

typedef struct kernels_extreme_f32 {
    kernels_broadcast_t shape;
    const float *first;
    const float *second;
    int32_t largest;
} kernels_extreme_f32_t;

/* The first operand where it is positive, and otherwise multiplied by the second, which is constant. */
typedef struct kernels_prelu_s8 {
    kernels_broadcast_t shape;
    const int8_t *second;
    int32_t input_zero_point;
    int32_t alpha_zero_point;
    int32_t positive_multiplier; /* 31-bit significands of the reference */
    int32_t positive_shift;
    int32_t negative_multiplier;
    int32_t negative_shift;
    kernels_output_s8_t output;
} kernels_prelu_s8_t;

/* The factors are int8. */
typedef struct kernels_prelu_s16 {
    kernels_broadcast_t shape;
    const int8_t *second;
    int32_t alpha_zero_point;
    int32_t positive_multiplier;
    int32_t positive_shift;
    int32_t negative_multiplier;
    int32_t negative_shift;
    kernels_output_s8_t output;
} kernels_prelu_s16_t;

typedef struct kernels_prelu_f32 {
    kernels_broadcast_t shape;
    const float *second;
} kernels_prelu_f32_t;

typedef struct kernels_table_s8 {
    const int8_t *table; /* outputs for -128 to 127 */
    int32_t count;
} kernels_table_s8_t;

typedef struct kernels_leaky_relu_s16 {
    int32_t count;
    int32_t positive_multiplier; /* 31-bit significands of the reference */
    int32_t positive_shift;
    int32_t negative_multiplier;
    int32_t negative_shift;
    int32_t negative_sign;
    int32_t min;
    int32_t max;
} kernels_leaky_relu_s16_t;

#define KERNELS_CURVE_POINTS 256

typedef struct kernels_curve_s16 {
    const int16_t *table; /* logistic(x / 24) - 1/2 for x = 0 to 255, in 1/65536 */
    int32_t count;
    int32_t multiplier; /* to steps of 1/12288 */
    int32_t shift;      /* to the right, rounded */
} kernels_curve_s16_t;

typedef struct kernels_map_f32 {
    int32_t count;
} kernels_map_f32_t;

typedef struct kernels_clamp_f32 {
    int32_t count;
    float min;
    float max;
} kernels_clamp_f32_t;

typedef struct kernels_leaky_relu_f32 {
    int32_t count;
    float alpha;
} kernels_leaky_relu_f32_t;

/* These may run in place of an operand that is not repeated. */
void kernels_add_s8(const kernels_add_s8_t *add, const int8_t *first, const int8_t *second, int8_t *output);
void kernels_add_s16(const kernels_add_s16_t *add, const int16_t *first, const int16_t *second, int16_t *output);
void kernels_add_f32(const kernels_add_f32_t *add, const float *first, const float *second, float *output);
void kernels_multiply_s8(const kernels_multiply_s8_t *multiply, const int8_t *first, const int8_t *second,
                         int8_t *output);
void kernels_multiply_s16(const kernels_multiply_s16_t *multiply, const int16_t *first, const int16_t *second,
                          int16_t *output);
void kernels_multiply_f32(const kernels_multiply_f32_t *multiply, const float *first, const float *second,
                          float *output);
void kernels_extreme_s8(const kernels_extreme_s8_t *extreme, const int8_t *first, const int8_t *second,
                        int8_t *output);
void kernels_extreme_s16(const kernels_extreme_s16_t *extreme, const int16_t *first, const int16_t *second,
                         int16_t *output);
void kernels_extreme_f32(const kernels_extreme_f32_t *extreme, const float *first, const float *second, float *output);
void kernels_prelu_s8(const kernels_prelu_s8_t *prelu, const int8_t *first, const int8_t *second, int8_t *output);
void kernels_prelu_s16(const kernels_prelu_s16_t *prelu, const int16_t *first, const int16_t *second, int16_t *output);
void kernels_prelu_f32(const kernels_prelu_f32_t *prelu, const float *first, const float *second, float *output);

/* These may run in place. */
void kernels_table_s8(const kernels_table_s8_t *table, const int8_t *input, int8_t *output);
void kernels_leaky_relu_s16(const kernels_leaky_relu_s16_t *relu, const int16_t *input, int16_t *output);
void kernels_logistic_s16(const kernels_curve_s16_t *curve, const int16_t *input, int16_t *output);
void kernels_tanh_s16(const kernels_curve_s16_t *curve, const int16_t *input, int16_t *output);
void kernels_clamp_f32(const kernels_clamp_f32_t *clamp, const float *input, float *output);
void kernels_leaky_relu_f32(const kernels_leaky_relu_f32_t *relu, const float *input, float *output);
void kernels_elu_f32(const kernels_map_f32_t *map, const float *input, float *output);
void kernels_hard_swish_f32(const kernels_map_f32_t *map, const float *input, float *output);
void kernels_logistic_f32(const kernels_map_f32_t *map, const float *input, float *output);
void kernels_negate_f32(const kernels_map_f32_t *map, const float *input, float *output);
void kernels_tanh_f32(const kernels_map_f32_t *map, const float *input, float *output);

#endif
