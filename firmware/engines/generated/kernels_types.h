/* What kernels of several families take. */
#ifndef MCUBENCH_KERNELS_TYPES_H
#define MCUBENCH_KERNELS_TYPES_H

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

#endif
