#include "session.h"

#include <string.h>

#include "crc32.h"

static struct {
    const engine_model_t *model;
    uint32_t index;
    uint32_t filled; /* bytes of engine_staging that belong to the vector; input_bytes when it is complete */
} session;

int session_select_model(uint32_t index, uint32_t arena_bytes) {
    const int status = engine_open(index, arena_bytes);
    session.model = status == ENGINE_OK ? engine_model(index) : NULL;
    session.index = index;
    session.filled = 0;
    return status;
}

const engine_model_t *session_model(void) {
    return session.model;
}

uint32_t session_model_index(void) {
    return session.index;
}

size_t session_vector_fill(const uint8_t *data, size_t size) {
    if (session_vector_is_complete()) {
        session.filled = 0;
    }
    const uint32_t missing = session.model->input_bytes - session.filled;
    const size_t taken = size < missing ? size : missing;
    memcpy(engine_staging + session.filled, data, taken);
    session.filled += (uint32_t)taken;
    return taken;
}

bool session_vector_is_complete(void) {
    return session.filled == session.model->input_bytes;
}

void session_vector_forget_part(void) {
    if (!session_vector_is_complete()) {
        session.filled = 0;
    }
}

uint32_t session_vector_load(void) {
    if (session_vector_is_complete()) {
        memcpy(engine_input(), engine_staging, session.model->input_bytes);
    } else {
        memset(engine_input(), 0, session.model->input_bytes);
    }
    return crc32(engine_input(), session.model->input_bytes);
}
