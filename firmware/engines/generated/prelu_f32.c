/* PRELU of float32. */
#include "broadcast.h"

void kernels_prelu_f32(const kernels_prelu_f32_t *prelu, const float *first, const float *second, float *output) {
    const kernels_broadcast_t *shape = &prelu->shape;
    (void)second;
    broadcast_place_t at = {0};
    do {
        const float *input = first + at.first;
        const float *alpha = prelu->second + at.second;
        for (int32_t count = shape->count; count > 0; count--) {
            *output++ = *input >= 0.0f ? *input : *input * *alpha;
            input += shape->first_step;
            alpha += shape->second_step;
        }
    } while (broadcast_next(shape, &at));
}
