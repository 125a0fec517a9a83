/* Means, sums and largest values over some dimensions. */
#ifndef MCUBENCH_KERNELS_REDUCE_H
#define MCUBENCH_KERNELS_REDUCE_H

#include <stdint.h>

/* Loops over the dimensions that stay and over those that go; steps in elements of the input. */
typedef struct kernels_reduce {
    const int32_t *kept;    /* [kept_depth][3], see loops.h */
    const int32_t *reduced; /* [reduced_depth][3] */
    int32_t kept_depth;
    int32_t reduced_depth;
} kernels_reduce_t;

/* Of int8 and int16. */
typedef struct kernels_mean {
    kernels_reduce_t over;
    int32_t offset;     /* what the zero points of all elements add up to */
    int32_t multiplier; /* 31-bit significand of the reference, which divides by the number of elements, too */
    int32_t shift;
    int32_t output_zero_point;
} kernels_mean_t;

typedef struct kernels_mean_f32 {
    kernels_reduce_t over;
    float divisor;
} kernels_mean_f32_t;

void kernels_mean_s8(const kernels_mean_t *mean, const int8_t *input, int8_t *output);
void kernels_mean_s16(const kernels_mean_t *mean, const int16_t *input, int16_t *output);
void kernels_mean_f32(const kernels_mean_f32_t *mean, const float *input, float *output);
void kernels_largest_s8(const kernels_reduce_t *over, const int8_t *input, int8_t *output);
void kernels_largest_s16(const kernels_reduce_t *over, const int16_t *input, int16_t *output);
void kernels_largest_f32(const kernels_reduce_t *over, const float *input, float *output);

#endif
