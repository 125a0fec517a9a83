/* Operators of one float32 input. */
#include <math.h>

#include "kernels_elementwise.h"

void kernels_clamp_f32(const kernels_clamp_f32_t *clamp, const float *input, float *output) {
    for (int32_t i = 0; i < clamp->count; i++) {
        float value = input[i] < clamp->min ? clamp->min : input[i];
        output[i] = value > clamp->max ? clamp->max : value;
    }
}

void kernels_leaky_relu_f32(const kernels_leaky_relu_f32_t *relu, const float *input, float *output) {
    for (int32_t i = 0; i < relu->count; i++) {
        output[i] = input[i] > 0.0f ? input[i] : input[i] * relu->alpha;
    }
}

void kernels_elu_f32(const kernels_map_f32_t *map, const float *input, float *output) {
    for (int32_t i = 0; i < map->count; i++) {
        output[i] = input[i] < 0.0f ? expm1f(input[i]) : input[i];
    }
}

void kernels_hard_swish_f32(const kernels_map_f32_t *map, const float *input, float *output) {
    for (int32_t i = 0; i < map->count; i++) {
        float gate = input[i] + 3.0f;
        gate = gate < 0.0f ? 0.0f : gate;
        output[i] = input[i] * (gate > 6.0f ? 6.0f : gate) * (1.0f / 6.0f);
    }
}

void kernels_logistic_f32(const kernels_map_f32_t *map, const float *input, float *output) {
    for (int32_t i = 0; i < map->count; i++) {
        output[i] = 1.0f / (1.0f + expf(-input[i]));
    }
}

void kernels_negate_f32(const kernels_map_f32_t *map, const float *input, float *output) {
    for (int32_t i = 0; i < map->count; i++) {
        output[i] = -input[i];
    }
}

void kernels_tanh_f32(const kernels_map_f32_t *map, const float *input, float *output) {
    for (int32_t i = 0; i < map->count; i++) {
        output[i] = tanhf(input[i]);
    }
}
