/* Conversions between int16 and the other types, and between integers of different scales. */
#include "requantize.h"

void kernels_quantize_s16(const kernels_quantize_s16_t *quantize, const float *input, int16_t *output) {
    /* Beyond this every result saturates; it keeps the conversion to int32 defined. */
    const float limit = 65536.0f;
    for (int32_t i = 0; i < quantize->count; i++) {
        float value = input[i] / quantize->scale;
        value = value > limit ? limit : value;
        value = value > -limit ? value : -limit; /* NaN becomes -limit, too */
        /* Rounds half away from zero. Adding 0.5 before truncation would be wrong for the float just below 0.5. */
        int32_t whole = (int32_t)value;
        float rest = value - (float)whole;
        whole += (rest >= 0.5f) - (rest <= -0.5f);
        whole = whole < INT16_MIN ? INT16_MIN : whole;
        output[i] = (int16_t)(whole > INT16_MAX ? INT16_MAX : whole);
    }
}

void kernels_dequantize_s16(const kernels_quantize_s16_t *quantize, const int16_t *input, float *output) {
    for (int32_t i = 0; i < quantize->count; i++) {
        output[i] = quantize->scale * (float)input[i];
    }
}

/* Wraps around like the reference kernel, where an int32 and a zero point do not fit 32 bits. */
static inline int32_t add(int32_t a, int32_t b) {
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

static int32_t rescale_one(const kernels_rescale_t *rescale, int32_t value, int32_t min, int32_t max) {
    value = requantize_scale(add(value, -rescale->input_zero_point), rescale->multiplier, rescale->shift);
    value = add(value, rescale->output_zero_point);
    value = value < min ? min : value;
    return value > max ? max : value;
}

#define RESCALE(name, input_t, output_t, min, max)                                                                     \
    void name(const kernels_rescale_t *rescale, const input_t *input, output_t *output) {                              \
        for (int32_t i = 0; i < rescale->count; i++) {                                                                 \
            output[i] = (output_t)rescale_one(rescale, input[i], min, max);                                            \
        }                                                                                                              \
    }

RESCALE(kernels_rescale_s8_s16, int8_t, int16_t, INT16_MIN, INT16_MAX)
RESCALE(kernels_rescale_u8_s16, uint8_t, int16_t, INT16_MIN, INT16_MAX)
RESCALE(kernels_rescale_s16_s8, int16_t, int8_t, INT8_MIN, INT8_MAX)
RESCALE(kernels_rescale_s16_s16, int16_t, int16_t, INT16_MIN, INT16_MAX)
RESCALE(kernels_rescale_s16_s32, int16_t, int32_t, INT32_MIN, INT32_MAX)
RESCALE(kernels_rescale_s32_s8, int32_t, int8_t, INT8_MIN, INT8_MAX)
RESCALE(kernels_rescale_s32_s16, int32_t, int16_t, INT16_MIN, INT16_MAX)
