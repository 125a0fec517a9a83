/* Between engine.cc and the files that `mcubench codegen --engine tflm` writes. */
#ifndef MCUBENCH_TFLM_H
#define MCUBENCH_TFLM_H

#include <stdbool.h>

#include "engine.h"

typedef struct tflm_model {
    engine_model_t info; /* its arena_bytes is known only when the model is open */
    const uint8_t *file; /* the .tflite file, aligned to 16 bytes */
    bool remembers;      /* has variable tensors, which are to be reset before every inference */
} tflm_model_t;

/* In models.c. All models share the arena, which is aligned to 16 bytes. */
extern const tflm_model_t *const tflm_models[];
extern const uint32_t tflm_model_count;
extern uint8_t tflm_arena[];
extern const uint32_t tflm_arena_bytes;

#endif
