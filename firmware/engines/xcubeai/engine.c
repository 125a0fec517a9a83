/* The engine contract over ST's runtime (X-CUBE-AI 7.1 and later, ST Edge AI with the `legacy` C API) and the networks
 * that its owner generated. */
#include "engine.h"

#include "ai_platform_interface.h"
#include "xcubeai.h"
#include "xcubeai_files.h"

#define NODE_TYPE 0x7FFF /* the bit above tells layers that are repeated over time */

/* Of the runtime, in none of the headers that are meant for applications; ST's own test applications declare it, too. */
extern const char *ai_layer_type_name(const int type);

const char engine_name[] = "xcubeai";
const char engine_version[] = XCUBEAI_RUNTIME_VERSION;
const char engine_kernels[] = "st";

static const ai_buffer_format formats[] = {
    [ENGINE_INT8] = AI_BUFFER_FORMAT_S8,   [ENGINE_UINT8] = AI_BUFFER_FORMAT_U8,
    [ENGINE_INT16] = AI_BUFFER_FORMAT_S16, [ENGINE_INT32] = AI_BUFFER_FORMAT_S32,
    [ENGINE_FLOAT32] = AI_BUFFER_FORMAT_FLOAT,
};

static const xcubeai_network_t *open_network;
static ai_handle handle;
static ai_buffer *input;
static ai_buffer *output;

uint32_t engine_model_count(void) {
    return xcubeai_network_count;
}

const engine_model_t *engine_model(uint32_t index) {
    return index < xcubeai_network_count ? &xcubeai_networks[index].info : NULL;
}

static void close_network(void) {
    if (handle != AI_HANDLE_NULL) {
        (void)open_network->destroy(handle);
        handle = AI_HANDLE_NULL;
    }
}

/* ST tells little apart: what has to do with the activations is about memory, and all else about the network. */
static int status_of(ai_error error) {
    return error.type == AI_ERROR_ALLOCATION_FAILED || error.code == AI_ERROR_CODE_NETWORK_ACTIVATIONS
               ? ENGINE_ERROR_ARENA
               : ENGINE_ERROR_MODEL;
}

static bool is_of_type(const ai_buffer *buffer, enum engine_type type) {
    const ai_buffer_format format = AI_BUFFER_FORMAT(buffer);
    return AI_BUFFER_FMT_GET_TYPE(format) == AI_BUFFER_FMT_GET_TYPE(formats[type]) &&
           AI_BUFFER_FMT_GET_BITS(format) == AI_BUFFER_FMT_GET_BITS(formats[type]) &&
           AI_BUFFER_FMT_GET_SIGN(format) == AI_BUFFER_FMT_GET_SIGN(formats[type]);
}

static int bind_buffers(void) {
    ai_u16 inputs = 0;
    ai_u16 outputs = 0;
    input = open_network->inputs_get(handle, &inputs);
    output = open_network->outputs_get(handle, &outputs);
    if (inputs != 1 || outputs != 1 || !is_of_type(input, open_network->info.input_type) ||
        !is_of_type(output, open_network->info.output_type)) {
        return ENGINE_ERROR_MODEL;
    }
    if (input->data == NULL) {
        input->data = AI_HANDLE_PTR(xcubeai_arena + open_network->input_offset);
    }
    if (output->data == NULL) {
        output->data = AI_HANDLE_PTR(xcubeai_arena + open_network->output_offset);
    }
    return ENGINE_OK;
}

/* The plan is static, as ST's tool made it: it needs what it needs. */
int engine_open(uint32_t index, uint32_t arena_bytes) {
    close_network();
    if (index >= xcubeai_network_count) {
        return ENGINE_ERROR_MODEL;
    }
    open_network = &xcubeai_networks[index];
    if (arena_bytes != ENGINE_ARENA_ALL &&
        (arena_bytes < open_network->info.arena_bytes || arena_bytes > xcubeai_arena_bytes)) {
        return ENGINE_ERROR_ARENA;
    }
    const ai_handle activations[] = {AI_HANDLE_PTR(xcubeai_arena)};
    const ai_error error = open_network->create_and_init(&handle, activations, NULL); /* weights: those linked in */
    return error.type == AI_ERROR_NONE ? bind_buffers() : status_of(error);
}

uint8_t *engine_input(void) {
    return input->data;
}

const uint8_t *engine_output(void) {
    return output->data;
}

/* ST answers with the number of batches that it has processed, and with none after an error. */
int engine_invoke(void) {
    return open_network->run(handle, input, output) == 1 ? ENGINE_OK : ENGINE_ERROR_INVOKE;
}

typedef struct marking {
    engine_mark_t mark;
    void *context;
    uint32_t node;
} marking_t;

static ai_u32 mark_node(const ai_handle cookie, const ai_u32 flags, const ai_observer_node *node) {
    marking_t *marking = cookie;
    (void)flags;
    marking->mark(marking->context, marking->node++, ai_layer_type_name(node->type & NODE_TYPE));
    return 0;
}

/* Layers are the nodes of ST's network, which are fewer than TensorFlow Lite's operators, or more, and have names of
 * their own. The variant of the call that takes our own structure, because the other one allocates it. */
int engine_invoke_marked(engine_mark_t mark, void *context) {
    marking_t marking = {.mark = mark, .context = context};
    ai_observer_exec_ctx observer = {.on_node = mark_node, .cookie = &marking, .flags = AI_OBSERVER_POST_EVT};
    if (!ai_platform_observer_register_s(handle, &observer)) {
        return ENGINE_ERROR_INVOKE;
    }
    const int status = engine_invoke();
    (void)ai_platform_observer_unregister_s(handle, &observer);
    return status;
}
