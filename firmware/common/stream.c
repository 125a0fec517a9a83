#include "stream.h"

#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "bytes.h"
#include "crc32.h"
#include "frame.h"
#include "port.h"
#include "session.h"
#include "timer.h"

#define RESULT_WAIT_MS 100
#define RESULT_HEADER_BYTES 13 /* expected offset, first index, count */
#define RESULT_ITEM_BYTES 9    /* status, cycles, input CRC; the output follows */
#define RESULT_QUEUE_BYTES 512

/* Of the receive ring, what is not for DATA: the longest command line, SEEK and POLL, in case they come on top. */
#define WINDOW_RESERVE_BYTES 512
/* Room in half a window for a DATA frame's bytes other than the vector's. */
#define FRAME_OVERHEAD_BYTES 32

_Static_assert(RESULT_QUEUE_BYTES / RESULT_ITEM_BYTES <= UINT8_MAX, "the count of a RESULT has 8 bits");

enum ack_flag { ACK_GAP = 1, ACK_NO_MODEL = 2 };

static struct {
    uint64_t expected;
    uint32_t index;        /* of the vector that arrives or is run */
    uint32_t unacked_wire; /* wire bytes of DATA that were accepted and not yet acknowledged */
    bool gap;
    uint32_t crc_errors;
    /* Results in wire form, not yet sent; they belong to successive vectors. */
    uint8_t queue[RESULT_QUEUE_BYTES];
    uint32_t queue_bytes;
    uint32_t queue_count;
    uint32_t queue_first;
    uint32_t queue_since;
} stream;

uint32_t stream_window_bytes(void) {
    return port_rx_ring_bytes - WINDOW_RESERVE_BYTES;
}

/* Two frames fit a window, so that one can travel while the other is handled. */
uint32_t stream_frame_bytes(void) {
    const uint32_t half = stream_window_bytes() / 2 - FRAME_OVERHEAD_BYTES;
    return half < FRAME_DATA_BYTES_MAX ? half : FRAME_DATA_BYTES_MAX;
}

uint32_t stream_crc_errors(void) {
    return stream.crc_errors;
}

/* ---- board to host ---- */

static void send_ack(void) {
    uint8_t payload[FRAME_OFFSET_BYTES + 1];
    bytes_put_u64(payload, stream.expected);
    payload[FRAME_OFFSET_BYTES] = (uint8_t)((stream.gap ? ACK_GAP : 0) | (session_model() == NULL ? ACK_NO_MODEL : 0));
    frame_begin(FRAME_ACK, sizeof payload);
    frame_write(payload, sizeof payload);
    frame_end();
    stream.unacked_wire = 0;
}

static void begin_result(uint32_t count, uint32_t first, uint32_t item_bytes) {
    uint8_t header[RESULT_HEADER_BYTES];
    bytes_put_u64(header, stream.expected);
    bytes_put_u32(header + 8, first);
    header[12] = (uint8_t)count;
    frame_begin(FRAME_RESULT, (uint16_t)(sizeof header + item_bytes));
    frame_write(header, sizeof header);
    stream.unacked_wire = 0;
}

void stream_flush(void) {
    if (stream.queue_count == 0) {
        return;
    }
    begin_result(stream.queue_count, stream.queue_first, stream.queue_bytes);
    frame_write(stream.queue, stream.queue_bytes);
    frame_end();
    stream.queue_count = 0;
    stream.queue_bytes = 0;
}

void stream_poll(void) {
    if (stream.queue_count > 0 && timer_has_passed(stream.queue_since, RESULT_WAIT_MS)) {
        stream_flush();
    }
}

/* One ACK says that DATA was lost; a second one for the same offset would make the host go back twice. */
static void report_gap(void) {
    if (!stream.gap) {
        stream.gap = true;
        send_ack();
    }
}

/* ---- inference ---- */

/* After an engine error there is no output: `output` is NULL, and zeros go out in its place. */
static void write_output(const uint8_t *output, uint32_t output_bytes) {
    static const uint8_t zero = 0;
    if (output != NULL) {
        frame_write(output, output_bytes);
        return;
    }
    for (uint32_t i = 0; i < output_bytes; i++) {
        frame_write(&zero, 1);
    }
}

/* An output that is larger than the queue is sent from where the engine left it. */
static void send_large_result(const uint8_t *item, const uint8_t *output, uint32_t output_bytes) {
    begin_result(1, stream.index, RESULT_ITEM_BYTES + output_bytes);
    frame_write(item, RESULT_ITEM_BYTES);
    write_output(output, output_bytes);
    frame_end();
}

static void queue_result(const uint8_t *item, const uint8_t *output, uint32_t output_bytes) {
    if (stream.queue_count == 0) {
        stream.queue_first = stream.index;
        stream.queue_since = port_cycles();
    }
    uint8_t *end = stream.queue + stream.queue_bytes;
    memcpy(end, item, RESULT_ITEM_BYTES);
    if (output != NULL) {
        memcpy(end + RESULT_ITEM_BYTES, output, output_bytes);
    } else {
        memset(end + RESULT_ITEM_BYTES, 0, output_bytes);
    }
    stream.queue_bytes += RESULT_ITEM_BYTES + output_bytes;
    stream.queue_count++;
}

static void deliver_result(const uint8_t *item, const uint8_t *output) {
    const uint32_t output_bytes = session_model()->output_bytes;
    const uint32_t item_bytes = RESULT_ITEM_BYTES + output_bytes;
    if (item_bytes > RESULT_QUEUE_BYTES - stream.queue_bytes) {
        stream_flush();
    }
    if (item_bytes > RESULT_QUEUE_BYTES) {
        send_large_result(item, output, output_bytes);
    } else {
        queue_result(item, output, output_bytes);
    }
}

/* A counter that stands still does not spoil the output: the status is good and the cycles are 0, which no inference
 * takes (docs/protocol.md). */
static void run_vector(void) {
    uint8_t item[RESULT_ITEM_BYTES];
    uint32_t cycles;
    const uint32_t input_crc = session_vector_load();
    const int status = bench_invoke(&cycles);
    const bool failed = status < 0;
    item[0] = (uint8_t)(failed ? status : ENGINE_OK);
    bytes_put_u32(item + 1, cycles);
    bytes_put_u32(item + 5, input_crc);
    deliver_result(item, failed ? NULL : engine_output());
    stream.index++;
    stream_poll();
}

/* ---- host to board ---- */

/* Lets the host go on before its window is used up: it hears of a vector's result, or of a large vector's progress. */
static void acknowledge_progress(void) {
    const uint32_t quarter = stream_window_bytes() / 4;
    const bool large = session_model()->input_bytes > quarter;
    if (stream.unacked_wire < (large ? quarter : 2 * quarter)) {
        return;
    }
    if (stream.queue_count > 0) {
        stream_flush();
    } else {
        send_ack();
    }
}

static void handle_data(const frame_t *frame, size_t wire_bytes) {
    const uint8_t *data = frame->payload + FRAME_OFFSET_BYTES;
    size_t size = frame->payload_bytes - FRAME_OFFSET_BYTES;
    if (session_model() == NULL || bytes_get_u64(frame->payload) != stream.expected) {
        report_gap();
        return;
    }
    stream.gap = false;
    stream.expected += size;
    stream.unacked_wire += (uint32_t)wire_bytes;
    while (size > 0) {
        const size_t taken = session_vector_fill(data, size);
        data += taken;
        size -= taken;
        if (session_vector_is_complete()) {
            run_vector();
        }
    }
    acknowledge_progress();
}

/* The vector that begins at `offset`, by long division, because the C library's takes 0.7 KB of flash. Returns false if
 * none begins there or its index has more than 32 bits. */
static bool find_vector(uint64_t offset, uint32_t vector_bytes, uint32_t *index) {
    *index = 0;
    for (unsigned bit = 32; bit-- > 0;) {
        const uint64_t part = (uint64_t)vector_bytes << bit;
        if (part <= offset) {
            offset -= part;
            *index |= 1u << bit;
        }
    }
    return offset == 0;
}

/* A SEEK that cannot be is answered with the gap flag and changes nothing. */
static void handle_seek(const frame_t *frame) {
    const uint64_t offset = bytes_get_u64(frame->payload);
    const engine_model_t *model = session_model();
    uint32_t index;
    stream_flush();
    stream.gap = model == NULL || !find_vector(offset, model->input_bytes, &index);
    if (!stream.gap) {
        session_vector_forget_part();
        stream.expected = offset;
        stream.index = index;
    }
    send_ack();
}

void stream_restart(void) {
    stream.expected = 0;
    stream.index = 0;
    stream.unacked_wire = 0;
    stream.gap = false;
}

void stream_drop_body(void) {
    stream.crc_errors++;
    report_gap();
}

/* Whether the payload has a length that its type allows; unknown types may have any. */
static bool length_is_legal(const frame_t *frame) {
    const uint32_t size = frame->payload_bytes;
    switch (frame->type) {
    case FRAME_DATA:
        return size > FRAME_OFFSET_BYTES && size <= FRAME_OFFSET_BYTES + FRAME_DATA_BYTES_MAX;
    case FRAME_SEEK:
        return size == FRAME_OFFSET_BYTES;
    case FRAME_POLL:
        return size == 0;
    default:
        return true;
    }
}

void stream_handle_body(uint8_t *body, size_t size) {
    frame_t frame;
    if (!frame_decode(body, size, &frame) || !length_is_legal(&frame)) {
        stream_drop_body();
        return;
    }
    switch (frame.type) {
    case FRAME_DATA:
        handle_data(&frame, size + FRAME_DELIMITER_BYTES);
        break;
    case FRAME_SEEK:
        handle_seek(&frame);
        break;
    case FRAME_POLL:
        stream_flush();
        send_ack();
        break;
    default: /* a type of a later protocol version */
        break;
    }
}
