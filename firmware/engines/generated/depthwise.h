/* Both ways to compute an int8 depthwise convolution, between which kernels_depthwise_s8 chooses. */
#ifndef MCUBENCH_DEPTHWISE_H
#define MCUBENCH_DEPTHWISE_H

#include <stdbool.h>

#include "kernels.h"

/* Whether the second way can compute a layer. */
bool depthwise_has_strips(const kernels_depthwise_s8_t *conv);
void depthwise_by_strips(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch);

#endif
