#include "requantize.h"

int8_t requantize_conv_any(int32_t sum, const kernels_channel_t *channel, const kernels_output_s8_t *output) {
    int32_t value = requantize_scale(sum, (int32_t)(channel->multiplier >> 1), channel->shift);
    return requantize_clamp(value + output->zero_point, output);
}
