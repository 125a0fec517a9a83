#include "cobs.h"

#include <string.h>

#include "port.h"

#define BLOCK_CODE_MAX 0xFF /* 254 data bytes and no zero after them */

/* block[0] is the code byte, block[1...] the data bytes that it announces. */
static uint8_t block[BLOCK_CODE_MAX];
static size_t block_size;

bool cobs_decode(uint8_t *data, size_t size, size_t *decoded_size) {
    size_t in = 0;
    size_t out = 0;
    while (in < size) {
        const uint8_t code = data[in++];
        const size_t block_bytes = (size_t)code - 1;
        if (code == 0 || size - in < block_bytes || memchr(data + in, 0, block_bytes) != NULL) {
            return false;
        }
        memmove(data + out, data + in, block_bytes);
        in += block_bytes;
        out += block_bytes;
        if (code != BLOCK_CODE_MAX && in < size) {
            data[out++] = 0;
        }
    }
    *decoded_size = out;
    return true;
}

static void block_write(void) {
    block[0] = (uint8_t)block_size;
    port_write(block, block_size);
    block_size = 1;
}

void cobs_encode_begin(void) {
    block_size = 1;
}

void cobs_encode(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        /* A full block is written when the next byte comes, so that nothing follows it at the end of the data. */
        if (block_size == BLOCK_CODE_MAX) {
            block_write();
        }
        if (data[i] == 0) {
            block_write();
            continue;
        }
        block[block_size++] = data[i];
    }
}

void cobs_encode_end(void) {
    block_write();
}
