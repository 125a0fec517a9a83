/* A test double of ST's runtime library: it keeps the rules that ST's has for its callers, and refuses who breaks them. */
#include <string.h>

#include "double_runtime.h"

#define OUTPUT_BYTES_MAX 64

extern const char *ai_layer_type_name(const int type);

static const int node_types[DOUBLE_NODES] = {0x103, 0x10B, 0x800C}; /* the last one as if repeated over time */

const char *ai_layer_type_name(const int type) {
    return type == 0x103 ? "CONV2D" : type == 0x10B ? "POOL" : type == 0x0C ? "SM" : "UNKNOWN";
}

static ai_error error_of(unsigned type, unsigned code) {
    return (ai_error){.type = type & 0xFFu, .code = code & 0xFFFFFFu};
}

/* ST's runtime uses the CRC unit of the chip, so its clock must be on. Four bytes of zero have this CRC-32/MPEG-2. */
static bool crc_unit_works(void) {
#ifdef __arm__
    volatile uint32_t *const crc = (volatile uint32_t *)(uintptr_t)0x40023000u;
    crc[2] = 1;
    crc[0] = 0;
    return crc[0] == 0xC704DD7Bu;
#else
    return true;
#endif
}

ai_error double_create_and_init(double_network_t *network, ai_handle *handle, const ai_handle activations[]) {
    *handle = AI_HANDLE_NULL;
    if (!crc_unit_works() || network->created) {
        return error_of(AI_ERROR_CREATE_FAILED, AI_ERROR_CODE_NETWORK);
    }
    network->created = true;
    *handle = AI_HANDLE_PTR(network);
    network->activations = activations[0];
    network->observer = NULL;
    if (network->activations == NULL || (uintptr_t)network->activations % 4 != 0) {
        return error_of(AI_ERROR_INIT_FAILED, AI_ERROR_CODE_NETWORK_ACTIVATIONS);
    }
    network->input.data = network->inputs_in_activations ? network->activations : NULL;
    network->output.data = network->outputs_in_activations ? network->activations : NULL; /* over the input */
    return network->init_error;
}

ai_handle double_destroy(ai_handle handle) {
    ((double_network_t *)handle)->created = false;
    return AI_HANDLE_NULL;
}

ai_buffer *double_buffer_get(ai_buffer *buffer, ai_u16 *count) {
    if (count != NULL) {
        *count = 1;
    }
    return buffer;
}

static void observe(const double_network_t *network, unsigned node) {
    const ai_observer_node info = {.c_idx = (ai_u16)node, .type = (ai_u16)node_types[node]};
    if (network->observer != NULL && (network->observer->flags & AI_OBSERVER_POST_EVT)) {
        (void)network->observer->on_node(network->observer->cookie, AI_OBSERVER_POST_EVT, &info);
    }
}

/* Works in the activations to their last byte, as a network does, and from its first node on if the input is not there. */
ai_i32 double_run(ai_handle handle, const ai_buffer *input, ai_buffer *output) {
    double_network_t *network = handle;
    uint8_t sums[OUTPUT_BYTES_MAX];
    if (!network->created || input->data == NULL || output->data == NULL) {
        return 0;
    }
    if (!network->inputs_in_activations) {
        memset(network->activations, 0xA5, network->activations_bytes);
    }
    const uint8_t *data = input->data;
    if (data[0] == DOUBLE_MAGIC_FAIL) {
        return 0;
    }
    memcpy(sums, network->weights, network->output_bytes);
    observe(network, 0);
    for (uint32_t i = 0; i < network->input_bytes; i++) {
        sums[i % network->output_bytes] = (uint8_t)(sums[i % network->output_bytes] + data[i]);
    }
    observe(network, 1);
    memset(network->activations, 0xA5, network->activations_bytes);
    memcpy(output->data, sums, network->output_bytes);
    observe(network, 2);
    return 1;
}

ai_bool ai_platform_observer_register_s(ai_handle network, ai_observer_exec_ctx *ctx) {
    double_network_t *target = network;
    if (target->observer != NULL) {
        return false;
    }
    target->observer = ctx;
    return true;
}

ai_bool ai_platform_observer_unregister_s(ai_handle network, ai_observer_exec_ctx *ctx) {
    double_network_t *target = network;
    if (target->observer != ctx) {
        return false;
    }
    target->observer = NULL;
    return true;
}
