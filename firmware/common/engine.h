/* The engine contract: one way to run a model, on one page.
 *
 * An engine lives in firmware/engines/<engine>/ and knows models. It knows nothing of boards or of the protocol.
 * An image holds one engine and one or more models. No allocation; memory is static. */
#ifndef MCUBENCH_ENGINE_H
#define MCUBENCH_ENGINE_H

#include <stddef.h>
#include <stdint.h>

enum engine_type { ENGINE_INT8, ENGINE_UINT8, ENGINE_INT16, ENGINE_INT32, ENGINE_FLOAT32 };

enum engine_status {
    ENGINE_OK = 0,
    ENGINE_ERROR_ARENA = -1,  /* the model does not fit its arena */
    ENGINE_ERROR_INVOKE = -2, /* the engine failed while running */
    ENGINE_ERROR_MODEL = -3,  /* the model cannot be read by this engine */
};

/* For sizes that an engine cannot know, or not before the model was open. */
#define ENGINE_UNKNOWN UINT32_MAX

typedef struct engine_model {
    const char *name;       /* "mnist-int8" */
    const char *sha256;     /* of the .tflite file, 64 lower-case hex digits */
    enum engine_type input_type;
    enum engine_type output_type;
    uint32_t input_bytes;
    uint32_t output_bytes;
    uint32_t arena_bytes;   /* working memory this model needs, input and output tensors included */
    uint32_t flash_bytes;   /* code and constants of this model alone */
    uint32_t layer_count;
} engine_model_t;

extern const char engine_name[];    /* "generated" */
extern const char engine_version[];
extern const char engine_kernels[]; /* "dsp", "c", "reference" */

/* A buffer of the largest input_bytes of all models, 4-byte aligned: the core keeps the current vector there, because
 * an engine may overwrite its input tensor while it runs. */
extern uint8_t engine_staging[];

/* Models in this image. engine_model(i) is valid until the image is replaced. */
uint32_t engine_model_count(void);
const engine_model_t *engine_model(uint32_t index);

/* Makes model `index` the open one, with an arena of `arena_bytes`, or with all that the engine has for it if that is
 * ENGINE_ARENA_ALL. A smaller arena than the model needs, or a larger one than there is, is ENGINE_ERROR_ARENA.
 * The other calls need an open model. */
#define ENGINE_ARENA_ALL 0u
int engine_open(uint32_t index, uint32_t arena_bytes);
uint8_t *engine_input(void);
const uint8_t *engine_output(void);

/* Runs once. Every inference starts from the model's initial state: what recurrent layers remember is reset, so that a
 * vector has the same output whichever ran before it, and may run again. */
int engine_invoke(void);

/* Runs once and calls `mark` after every layer, in order. `op` is the TensorFlow Lite name, e.g. "CONV_2D". */
typedef void (*engine_mark_t)(void *context, uint32_t layer, const char *op);
int engine_invoke_marked(engine_mark_t mark, void *context);

#endif
