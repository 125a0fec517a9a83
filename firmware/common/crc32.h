/* CRC-32 of IEEE 802.3 (docs/protocol.md section 4). */
#ifndef MCUBENCH_CRC32_H
#define MCUBENCH_CRC32_H

#include <stddef.h>
#include <stdint.h>

#define CRC32_START 0xFFFFFFFFu

/* Running form: start with CRC32_START, feed pieces, finish with crc32_final. */
uint32_t crc32_update(uint32_t state, const void *data, size_t size);

static inline uint32_t crc32_final(uint32_t state) {
    return ~state;
}

/* The CRC-32 of one buffer. */
uint32_t crc32(const void *data, size_t size);

#endif
