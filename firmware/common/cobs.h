/* Consistent overhead byte stuffing (Cheshire and Baker, 1999): bytes without 0x00 on the wire. */
#ifndef MCUBENCH_COBS_H
#define MCUBENCH_COBS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Coded size of the worst `size` > 0 bytes. */
#define COBS_CODED_BYTES(size) ((size) + ((size) + 253) / 254)

/* Decodes `size` coded bytes in place. Returns false if they are no COBS code. */
bool cobs_decode(uint8_t *data, size_t size, size_t *decoded_size);

/* Streaming encoder: writes finished blocks with port_write. Only one block (254 bytes) is ever held. */
void cobs_encode_begin(void);
void cobs_encode(const uint8_t *data, size_t size);
void cobs_encode_end(void);

#endif
