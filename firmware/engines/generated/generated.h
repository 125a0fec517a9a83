/* Between engine.c and the files that `mcubench codegen` writes. */
#ifndef MCUBENCH_GENERATED_H
#define MCUBENCH_GENERATED_H

#include "engine.h"

typedef struct generated_layer {
    const char *op;              /* TensorFlow Lite name */
    void (*run)(uint8_t *arena); /* NULL if there is nothing to do (RESHAPE shares its input's memory) */
} generated_layer_t;

typedef struct generated_model {
    engine_model_t info;
    const generated_layer_t *layers; /* [info.layer_count] */
    void (*reset)(uint8_t *arena);   /* gives what recurrent layers remember its initial value; NULL if there is nothing */
    uint32_t input_offset;           /* in the arena */
    uint32_t output_offset;
} generated_model_t;

/* In models.c. The arena is as large as the model that needs most, and aligned to 8 bytes. */
extern const generated_model_t *const generated_models[];
extern const uint32_t generated_model_count;
extern uint8_t generated_arena[];
extern const uint32_t generated_arena_bytes;

#endif
