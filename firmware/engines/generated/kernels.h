/* Kernels of the `generated` engine: parameter structs that `mcubench codegen` writes as constants, and the functions.
 *
 * Tensors are NHWC with one batch. int8 results are those of the TensorFlow Lite reference kernels bit for bit (as in
 * ai-edge-litert 2.3.0); float32 results may differ in the order of summation.
 * Input and output may not overlap unless a function says that it may run in place. */
#ifndef MCUBENCH_KERNELS_H
#define MCUBENCH_KERNELS_H

#include <stdint.h>

/* How a kernel window moves over an image; pads are the rows above and the columns left of the image. */
typedef struct kernels_window {
    int32_t in_height;
    int32_t in_width;
    int32_t in_channels;
    int32_t out_height;
    int32_t out_width;
    int32_t out_channels;
    int32_t kernel_height;
    int32_t kernel_width;
    int32_t stride_height;
    int32_t stride_width;
    int32_t dilation_height;
    int32_t dilation_width;
    int32_t pad_top;
    int32_t pad_left;
} kernels_window_t;

/* The weights of two output channels alternate: [channels / 2, rounded up][depth][2]. Returns where a channel's row
 * begins, of which every second byte is its own. */
static inline const int8_t *kernels_row(const int8_t *weights, int32_t depth, int32_t channel) {
    return weights + (channel & ~1) * depth + (channel & 1);
}

/* What turns an int32 sum of one output channel into int8. The real factor is multiplier / 2^32 x 2^shift. */
typedef struct kernels_channel {
    int32_t bias;        /* the layer's bias minus input zero point x sum of the channel's weights */
    uint32_t multiplier; /* 2^31 to 2^32 - 1 */
    int32_t shift;       /* negative to the right */
} kernels_channel_t;

typedef struct kernels_output_s8 {
    int32_t zero_point;
    int32_t min; /* of the fused activation */
    int32_t max;
} kernels_output_s8_t;

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
    const int8_t *weights; /* [kernel_height x kernel_width][out_channels] */
    const kernels_channel_t *channels;
    kernels_window_t window;
    int32_t multiplier;
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

typedef struct kernels_pool_s8 {
    kernels_window_t window;
    int32_t min;
    int32_t max;
} kernels_pool_s8_t;

typedef struct kernels_pool_f32 {
    kernels_window_t window;
    float min;
    float max;
} kernels_pool_f32_t;

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

/* The sizes of `scratch` are worked out in mcubench/codegen/lower_conv.py. */
void kernels_conv_s8(const kernels_conv_s8_t *conv, const int8_t *input, int8_t *output, void *scratch);
void kernels_fully_connected_s8(const kernels_fully_connected_s8_t *layer, const int8_t *input, int8_t *output,
                                void *scratch);
void kernels_conv_f32(const kernels_conv_f32_t *conv, const float *input, float *output, float *scratch);
void kernels_depthwise_s8(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch);
void kernels_depthwise_f32(const kernels_depthwise_f32_t *conv, const float *input, float *output);

/* Pools may run in place if there is no padding. */
void kernels_max_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output);
void kernels_max_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output);
void kernels_average_pool_s8(const kernels_pool_s8_t *pool, const int8_t *input, int8_t *output);
void kernels_average_pool_f32(const kernels_pool_f32_t *pool, const float *input, float *output);

/* These may run in place, kernels_dequantize excepted. */
void kernels_softmax_s8(const kernels_softmax_s8_t *softmax, const int8_t *input, int8_t *output);
void kernels_softmax_f32(const kernels_softmax_f32_t *softmax, const float *input, float *output);
void kernels_requantize(const kernels_requantize_t *requantize, const uint8_t *input, uint8_t *output);
void kernels_quantize(const kernels_quantize_t *quantize, const float *input, uint8_t *output);
void kernels_dequantize(const kernels_quantize_t *quantize, const uint8_t *input, float *output);

#endif
