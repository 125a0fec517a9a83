/* What the host has set up: the selected model and the input vector for it. */
#ifndef MCUBENCH_SESSION_H
#define MCUBENCH_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine.h"

/* Opens model `index` as engine_open does, and forgets the vector. Returns the engine's status; if that is an error no
 * model is selected. */
int session_select_model(uint32_t index, uint32_t arena_bytes);

/* The selected model, NULL if there is none. */
const engine_model_t *session_model(void);
uint32_t session_model_index(void);

/* Takes bytes of the vector that arrives, up to its end. Returns how many it took. */
size_t session_vector_fill(const uint8_t *data, size_t size);
bool session_vector_is_complete(void);

/* Drops what has arrived of an unfinished vector. */
void session_vector_forget_part(void);

/* Writes the last complete vector, or zeros, into the engine's input tensor. An engine may overwrite its input while it
 * runs, so this comes before every inference. Returns the CRC-32 of the bytes. */
uint32_t session_vector_load(void);

#endif
