/* A test double of ST's header of this name; see ai_platform.h. */
#ifndef AI_PLATFORM_INTERFACE_H
#define AI_PLATFORM_INTERFACE_H

#include "ai_platform.h"

typedef struct ai_tensor_chain_s ai_tensor_chain;

typedef struct ai_observer_node_s {
    ai_u16 c_idx;
    ai_u16 type;
    ai_u16 id;
    ai_u16 unused;
    const ai_tensor_chain *inner_tensors;
    const ai_tensor_chain *tensors;
} ai_observer_node;

#define AI_OBSERVER_PRE_EVT (1 << 1)
#define AI_OBSERVER_POST_EVT (1 << 2)

typedef ai_u32 (*ai_observer_node_cb)(const ai_handle cookie, const ai_u32 flags, const ai_observer_node *node);

typedef struct ai_observer_exec_ctx_s {
    ai_observer_node_cb on_node;
    ai_handle cookie;
    ai_u32 flags;
    ai_u16 c_idx;
    ai_u16 n_nodes;
    struct ai_node_s *cur;
} ai_observer_exec_ctx;

ai_bool ai_platform_observer_register_s(ai_handle network, ai_observer_exec_ctx *ctx);
ai_bool ai_platform_observer_unregister_s(ai_handle network, ai_observer_exec_ctx *ctx);

#endif
