/* `models` and `model`. */
#include "command.h"
#include "engine.h"
#include "reply.h"
#include "session.h"
#include "stream.h"

/* The length field of a RESULT frame has 16 bits; 32 of its bytes are not the output tensor's. */
#define OUTPUT_BYTES_MAX (UINT16_MAX - 32)

static const char *const type_names[] = {
    [ENGINE_INT8] = "int8",   [ENGINE_UINT8] = "uint8",     [ENGINE_INT16] = "int16",
    [ENGINE_INT32] = "int32", [ENGINE_FLOAT32] = "float32",
};

static void reply_model(const char *kind, uint32_t index) {
    const engine_model_t *model = engine_model(index);
    reply_begin(kind);
    reply_unsigned("index", index);
    reply_string("name", model->name);
    reply_string("sha256", model->sha256);
    reply_unsigned("input_bytes", model->input_bytes);
    reply_string("input_type", type_names[model->input_type]);
    reply_unsigned("output_bytes", model->output_bytes);
    reply_string("output_type", type_names[model->output_type]);
    reply_known("arena_bytes", model->arena_bytes);
    reply_known("flash_bytes", model->flash_bytes);
    reply_unsigned("layers", model->layer_count);
    reply_end();
}

void command_models(const command_t *command) {
    (void)command;
    const uint32_t count = engine_model_count();
    for (uint32_t i = 0; i < count; i++) {
        reply_model("model", i);
    }
    reply_begin("ok");
    reply_unsigned("count", count);
    if (session_model() == NULL) {
        reply_string("selected", "none");
    } else {
        reply_unsigned("selected", session_model_index());
    }
    reply_end();
}

/* A name comes before an index, because a model may be called "1". */
static bool find_model(const char *word, uint32_t *index) {
    const uint32_t count = engine_model_count();
    for (uint32_t i = 0; i < count; i++) {
        if (words_equal(word, engine_model(i)->name)) {
            *index = i;
            return true;
        }
    }
    return words_parse_unsigned(word, UINT32_MAX, index) && *index < count;
}

static bool parse_arena(const char *word, uint32_t *arena_bytes) {
    const char *value = words_value(word, "arena");
    return value != NULL && words_parse_unsigned(value, UINT32_MAX, arena_bytes) && *arena_bytes != ENGINE_ARENA_ALL;
}

void command_model(const command_t *command) {
    const char *word = command->words.count > 1 ? command->words.word[1] : "";
    uint32_t index;
    uint32_t arena_bytes = ENGINE_ARENA_ALL;
    if (!find_model(word, &index)) {
        command_refuse_word(command, word);
        return;
    }
    if (command->words.count > 2 && !parse_arena(command->words.word[2], &arena_bytes)) {
        command_refuse_word(command, command->words.word[2]);
        return;
    }
    if (engine_model(index)->output_bytes > OUTPUT_BYTES_MAX) {
        command_refuse("output too large");
        return;
    }
    const int status = session_select_model(index, arena_bytes);
    stream_restart();
    if (status != ENGINE_OK) {
        command_fail_engine(status);
        return;
    }
    reply_model("ok", index);
}
