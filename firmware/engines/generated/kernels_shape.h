/* Operators that move elements and compute nothing. */
#ifndef MCUBENCH_KERNELS_SHAPE_H
#define MCUBENCH_KERNELS_SHAPE_H

#include <stdint.h>

/* Sizes, steps and offsets in bytes. A step may be 0 or negative. */
typedef struct kernels_copy {
    const int32_t *loops;  /* [depth][3], see loops.h */
    const uint8_t *values; /* what kernels_copy_constant() copies from */
    int32_t depth;
    int32_t run_bytes; /* what the innermost loop copies at a time */
    int32_t input_offset;
    int32_t output_offset;
} kernels_copy_t;

typedef struct kernels_fill {
    int32_t count;
    int32_t element_bytes; /* 1, 2 or 4 */
    uint32_t value;
} kernels_fill_t;

/* Nearest neighbours of an image's rows and columns. */
typedef struct kernels_resize {
    const int16_t *rows;    /* [out_height], of the input */
    const int16_t *columns; /* [out_width] */
    int32_t out_height;
    int32_t out_width;
    int32_t row_bytes; /* of the input */
    int32_t pixel_bytes;
} kernels_resize_t;

void kernels_copy(const kernels_copy_t *copy, const uint8_t *input, uint8_t *output);
void kernels_copy_constant(const kernels_copy_t *copy, uint8_t *output);
void kernels_fill(const kernels_fill_t *fill, uint8_t *output);
void kernels_resize_nearest(const kernels_resize_t *resize, const uint8_t *input, uint8_t *output);

#endif
