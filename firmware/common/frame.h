/* Binary frames (docs/protocol.md section 3): marker, type, seq, length, payload, CRC; COBS-coded between 0x00. */
#ifndef MCUBENCH_FRAME_H
#define MCUBENCH_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cobs.h"

enum frame_type {
    FRAME_DATA = 0x01,
    FRAME_SEEK = 0x02,
    FRAME_POLL = 0x03,
    FRAME_AGAIN = 0x04,
    FRAME_ECHO = 0x05,
    FRAME_ACK = 0x81,
    FRAME_RESULT = 0x82,
    FRAME_ECHOED = 0x85,
};

#define FRAME_HEADER_BYTES 5 /* marker, type, seq, length */
#define FRAME_CRC_BYTES 4
#define FRAME_OFFSET_BYTES 8 /* the u64 that the payloads of DATA, SEEK, ACK and RESULT begin with */
#define FRAME_INDEX_BYTES 4 /* the u32 of AGAIN */
#define FRAME_DELIMITER_BYTES 2

/* Most vector bytes in one DATA frame, most bytes in an ECHO, and the largest coded body that follows from it. With 2048
 * the wire bytes per payload byte of 784-byte vectors are 1.032, with this 1.029 (at most 1.03 is wanted); the splitter
 * holds a body in RAM. */
#define FRAME_DATA_BYTES_MAX 2560
#define FRAME_BODY_BYTES_MAX                                                                                           \
    COBS_CODED_BYTES(FRAME_HEADER_BYTES + FRAME_OFFSET_BYTES + FRAME_DATA_BYTES_MAX + FRAME_CRC_BYTES)

typedef struct frame {
    uint8_t type;
    uint8_t seq;
    uint16_t payload_bytes;
    const uint8_t *payload; /* inside the decoded body */
} frame_t;

/* Decodes a coded body in place and checks it. Returns false if code, length or CRC is wrong. */
bool frame_decode(uint8_t *body, size_t size, frame_t *frame);

/* Sends one frame in pieces; the pieces must add up to `payload_bytes`. */
void frame_begin(enum frame_type type, uint16_t payload_bytes);
void frame_write(const void *data, size_t size);
void frame_end(void);

#endif
