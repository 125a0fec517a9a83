/* Convolutions and fully connected layers. */
#ifndef MCUBENCH_KERNELS_CONV_H
#define MCUBENCH_KERNELS_CONV_H

#include "kernels_types.h"

/* The weights of two output channels alternate: [channels / 2, rounded up][depth][2]. Returns where a channel's row
 * begins, of which every second byte is its own. */
static inline const int8_t *kernels_row(const int8_t *weights, int32_t depth, int32_t channel) {
    return weights + (channel & ~1) * depth + (channel & 1);
}

typedef struct kernels_conv_s8 {
    const int8_t *weights;             /* in pairs of rows (kernels_row), each zero-padded to `depth` */
    const kernels_channel_t *channels; /* [out_channels] */
    kernels_window_t window;
    int32_t depth; /* kernel height x width x in_channels, rounded up to a multiple of 4 */
    int32_t input_zero_point;
    kernels_output_s8_t output;
} kernels_conv_s8_t;

typedef struct kernels_fully_connected_s8 {
    const int8_t *weights; /* in pairs of rows (kernels_row), each zero-padded to `padded_depth` */
    const kernels_channel_t *channels;
    int32_t rows;
    int32_t depth;
    int32_t padded_depth; /* depth rounded up to a multiple of 4 */
    int32_t units;
    kernels_output_s8_t output;
} kernels_fully_connected_s8_t;

/* Depthwise convolution. Output channel c reads input channel c / multiplier. */
typedef struct kernels_depthwise_s8 {
    const int8_t *weights; /* [out_channels][kernel_height x kernel_width] */
    const kernels_channel_t *channels;
    kernels_window_t window;
    int32_t multiplier;
    int32_t strip_rows;     /* output rows that the scratch memory serves at a time (depthwise_s8_dsp.c), */
    int32_t strip_channels; /* and input channels: a multiple of 4, or all */
    int32_t input_zero_point;
    kernels_output_s8_t output;
} kernels_depthwise_s8_t;

/* Also a fully connected layer: a 1x1 convolution over an image one pixel wide. */
typedef struct kernels_conv_f32 {
    const float *weights; /* [out_channels][kernel height x width x in_channels] */
    const float *bias;
    kernels_window_t window;
    float min;
    float max;
} kernels_conv_f32_t;

typedef struct kernels_depthwise_f32 {
    const float *weights; /* [kernel_height x kernel_width][out_channels] */
    const float *bias;
    kernels_window_t window;
    int32_t multiplier;
    float min;
    float max;
} kernels_depthwise_f32_t;

/* The sizes of `scratch` are worked out in mcubench/codegen/lower_conv.py. */
void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch);
void kernels_fully_connected_s8(const kernels_fully_connected_s8_t *layer, const int8_t *input, int8_t *output,
                                void *scratch);
void kernels_conv_f32(const kernels_conv_f32_t *conv, const float *input, float *output, float *scratch);
void kernels_depthwise_s8(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch);
void kernels_depthwise_f32(const kernels_depthwise_f32_t *conv, const float *input, float *output);

#endif
