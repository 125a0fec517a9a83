/* Between engine.c and the table that `mcubench codegen --engine xcubeai` writes.
 *
 * Needs the headers of ST's runtime, which the user brings: docs/xcubeai.md. */
#ifndef MCUBENCH_XCUBEAI_H
#define MCUBENCH_XCUBEAI_H

#include "ai_platform.h"
#include "engine.h"

/* ST asks for 4 bytes. With 32, a network's memory begins where a cache line does. */
#define XCUBEAI_ALIGNMENT 32u
#define XCUBEAI_ALIGN(bytes) (((bytes) + XCUBEAI_ALIGNMENT - 1u) / XCUBEAI_ALIGNMENT * XCUBEAI_ALIGNMENT)

/* One generated network: the functions of its <name>.h. */
typedef struct xcubeai_network {
    engine_model_t info;
    uint32_t input_offset;  /* in the arena, for a network that has no room for its input in the activations */
    uint32_t output_offset; /* the same for its output */
    ai_error (*create_and_init)(ai_handle *network, const ai_handle activations[], const ai_handle weights[]);
    ai_handle (*destroy)(ai_handle network);
    ai_buffer *(*inputs_get)(ai_handle network, ai_u16 *count);
    ai_buffer *(*outputs_get)(ai_handle network, ai_u16 *count);
    ai_i32 (*run)(ai_handle network, const ai_buffer *input, ai_buffer *output);
} xcubeai_network_t;

/* In models.c. The arena is as large as the network that needs most: its activations first, then input and output where
 * they are not among them. */
extern const xcubeai_network_t xcubeai_networks[];
extern const uint32_t xcubeai_network_count;
extern uint8_t xcubeai_arena[];
extern const uint32_t xcubeai_arena_bytes;

#endif
