#include "frame.h"

#include "bytes.h"
#include "crc32.h"
#include "port.h"

static const uint8_t delimiter = 0x00;

static uint8_t sent_count;
static uint32_t sent_crc;

/* The marker needs no look: the splitter takes only bodies that begin with its code. */
bool frame_decode(uint8_t *body, size_t size, frame_t *frame) {
    size_t decoded;
    if (!cobs_decode(body, size, &decoded) || decoded < FRAME_HEADER_BYTES + FRAME_CRC_BYTES) {
        return false;
    }
    const size_t payload_bytes = decoded - FRAME_HEADER_BYTES - FRAME_CRC_BYTES;
    const uint8_t *crc = body + decoded - FRAME_CRC_BYTES;
    frame->type = body[1];
    frame->seq = body[2];
    frame->payload_bytes = (uint16_t)(body[3] | body[4] << 8);
    frame->payload = body + FRAME_HEADER_BYTES;
    return frame->payload_bytes == payload_bytes && bytes_get_u32(crc) == crc32(body, decoded - FRAME_CRC_BYTES);
}

void frame_begin(enum frame_type type, uint16_t payload_bytes) {
    const uint8_t header[FRAME_HEADER_BYTES] = {
        0, (uint8_t)type, sent_count++, (uint8_t)payload_bytes, (uint8_t)(payload_bytes >> 8),
    };
    port_write(&delimiter, 1);
    cobs_encode_begin();
    sent_crc = CRC32_START;
    frame_write(header, sizeof header);
}

void frame_write(const void *data, size_t size) {
    sent_crc = crc32_update(sent_crc, data, size);
    cobs_encode(data, size);
}

void frame_end(void) {
    uint8_t crc[FRAME_CRC_BYTES];
    bytes_put_u32(crc, crc32_final(sent_crc));
    cobs_encode(crc, sizeof crc);
    cobs_encode_end();
    port_write(&delimiter, 1);
}
