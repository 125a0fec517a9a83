/* Kernels of the `generated` engine: parameter structs that `mcubench codegen` writes as constants, and the functions,
 * one header per family.
 *
 * Tensors are NHWC with one batch. Integer results are those of the TensorFlow Lite reference kernels bit for bit (as in
 * ai-edge-litert 2.3.0); float32 results may differ in the order of summation.
 * Input and output may not overlap unless a function says that it may run in place. */
#ifndef MCUBENCH_KERNELS_H
#define MCUBENCH_KERNELS_H

#include "kernels_conv.h"
#include "kernels_convert.h"
#include "kernels_elementwise.h"
#include "kernels_pool.h"
#include "kernels_recurrent.h"
#include "kernels_reduce.h"
#include "kernels_s16.h"
#include "kernels_shape.h"

#endif
