#define MCUBENCH_TFLM_VERSION "double"
