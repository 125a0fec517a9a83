/* What the networks of the test double are made of. Nothing of ST's is like this. */
#ifndef DOUBLE_RUNTIME_H
#define DOUBLE_RUNTIME_H

#include "ai_platform_interface.h"

#define DOUBLE_NODES 3
#define DOUBLE_MAGIC_FAIL 0xEE /* as first byte of an input: the run fails */

/* output[i] = sum(input[i::output_bytes]) + weights[i], by bytes. */
typedef struct double_network {
    const uint8_t *weights; /* [output_bytes] */
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint32_t activations_bytes;
    bool inputs_in_activations;
    bool outputs_in_activations;
    ai_error init_error;
    ai_buffer input;
    ai_buffer output;
    uint8_t *activations;
    bool created;
    ai_observer_exec_ctx *observer;
} double_network_t;

ai_error double_create_and_init(double_network_t *network, ai_handle *handle, const ai_handle activations[]);
ai_handle double_destroy(ai_handle handle);
ai_buffer *double_buffer_get(ai_buffer *buffer, ai_u16 *count);
ai_i32 double_run(ai_handle handle, const ai_buffer *input, ai_buffer *output);

#endif
