/* The headers of TensorFlow Lite for Microcontrollers, without our warnings. */
#ifndef MCUBENCH_TFLM_LIBRARY_H
#define MCUBENCH_TFLM_LIBRARY_H

#pragma GCC system_header

#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_arena_constants.h"
#include "tensorflow/lite/micro/micro_interpreter.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_profiler_interface.h"
#include "tensorflow/lite/schema/schema_generated.h"
#include "tensorflow/lite/schema/schema_utils.h"

#endif
