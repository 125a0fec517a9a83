/* Conversions between float32 and 8-bit, and between 8-bit scales. */
#include "requantize.h"

static uint8_t saturate(int32_t value, uint8_t flip) {
    value = value < INT8_MIN ? INT8_MIN : value;
    value = value > INT8_MAX ? INT8_MAX : value;
    return (uint8_t)value ^ flip;
}

void kernels_requantize(const kernels_requantize_t *requantize, const uint8_t *input, uint8_t *output) {
    for (int32_t i = 0; i < requantize->count; i++) {
        int32_t value = (int8_t)(input[i] ^ requantize->input_flip) - requantize->input_zero_point;
        value = requantize_scale(value, requantize->multiplier, requantize->shift);
        output[i] = saturate(value + requantize->output_zero_point, requantize->output_flip);
    }
}

/* Rounds half away from zero. Adding 0.5 before truncation would be wrong for the float just below 0.5. */
static int32_t round_half_away(float value) {
    int32_t whole = (int32_t)value;
    float rest = value - (float)whole;
    return whole + (rest >= 0.5f) - (rest <= -0.5f);
}

void kernels_quantize(const kernels_quantize_t *quantize, const float *input, uint8_t *output) {
    /* Beyond this every result saturates, whatever the zero point; it keeps the conversion to int32 defined. */
    const float limit = 1024.0f;
    for (int32_t i = 0; i < quantize->count; i++) {
        float value = input[i] / quantize->scale;
        value = value > limit ? limit : value;
        value = value > -limit ? value : -limit; /* NaN becomes -limit, too */
        output[i] = saturate(round_half_away(value) + quantize->zero_point, quantize->flip);
    }
}

void kernels_dequantize(const kernels_quantize_t *quantize, const uint8_t *input, float *output) {
    for (int32_t i = 0; i < quantize->count; i++) {
        output[i] = quantize->scale * (float)((int8_t)(input[i] ^ quantize->flip) - quantize->zero_point);
    }
}
