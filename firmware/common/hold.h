/* The store for vector bytes that came before those in front of them: when a frame is lost, only that one is sent again
 * (docs/protocol.md section 3). The vector stream is held in grains, each at its own place in a ring of them.
 * `expected` is the offset of the first byte that the board lacks; nothing is held below its grain. */
#ifndef MCUBENCH_HOLD_H
#define MCUBENCH_HOLD_H

#include <stddef.h>
#include <stdint.h>

#define HOLD_BYTES 8192u
#define HOLD_GRAIN_BYTES 64u
#define HOLD_MAP_BYTES (HOLD_BYTES / HOLD_GRAIN_BYTES / 8)

void hold_forget_all(void);

/* To be called when `expected` moves on: forgets the grains that it leaves behind. */
void hold_forget_passed(uint64_t expected_before, uint64_t expected);

/* Keeps the whole grains of `data`, which comes at an `offset` beyond `expected`, as far as there is room. */
void hold_put(uint64_t expected, uint64_t offset, const uint8_t *data, size_t size);

/* The bytes held at `expected`, to the end of their grain; NULL if there are none. */
const uint8_t *hold_next(uint64_t expected, size_t *size);

/* Writes the hold map of an ACK. Returns its length without the zero bytes at its end. */
size_t hold_map(uint64_t expected, uint8_t map[HOLD_MAP_BYTES]);

#endif
