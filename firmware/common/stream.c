#include "stream.h"

#include <stdbool.h>
#include <string.h>

#include "bench.h"
#include "bytes.h"
#include "frame.h"
#include "hold.h"
#include "port.h"
#include "results.h"
#include "session.h"
#include "timer.h"

#define RESULT_WAIT_MS 500
#define RESULT_HEADER_BYTES 14 /* expected offset, seen, first index, count */
#define ACK_FIXED_BYTES 14     /* expected offset, oldest result, seen, flags; the hold map follows */

/* Of the receive ring, what is not for frames: the longest command line, in case it comes on top. */
#define WINDOW_RESERVE_BYTES 512
/* Room in half a window for a DATA frame's bytes other than the vector's. */
#define FRAME_OVERHEAD_BYTES 32

enum ack_flag { ACK_REFUSED = 1, ACK_NO_MODEL = 2 };

static struct {
    uint64_t expected;
    uint32_t index;        /* of the vector that arrives or is run */
    uint8_t seen;          /* seq of the last intact frame */
    uint32_t untold_wire;  /* wire bytes of intact DATA that no ACK or RESULT has told of */
    uint32_t crc_errors;
    uint32_t waiting_since; /* when the first of the waiting results was queued */
} stream;

uint32_t stream_window_bytes(void) {
    return port_rx_ring_bytes - WINDOW_RESERVE_BYTES;
}

/* Two frames fit a window, so that one can travel while the other is handled. */
uint32_t stream_frame_bytes(void) {
    const uint32_t half = stream_window_bytes() / 2 - FRAME_OVERHEAD_BYTES;
    return half < FRAME_DATA_BYTES_MAX ? half : FRAME_DATA_BYTES_MAX;
}

uint32_t stream_hold_bytes(void) {
    return HOLD_BYTES;
}

uint32_t stream_grain_bytes(void) {
    return HOLD_GRAIN_BYTES;
}

uint32_t stream_crc_errors(void) {
    return stream.crc_errors;
}

/* ---- board to host ---- */

static void send_ack(bool refused) {
    uint8_t payload[ACK_FIXED_BYTES + HOLD_MAP_BYTES];
    const size_t size = ACK_FIXED_BYTES + hold_map(stream.expected, payload + ACK_FIXED_BYTES);
    bytes_put_u64(payload, stream.expected);
    bytes_put_u32(payload + 8, results_oldest());
    payload[12] = stream.seen;
    payload[13] = (uint8_t)((refused ? ACK_REFUSED : 0) | (session_model() == NULL ? ACK_NO_MODEL : 0));
    frame_begin(FRAME_ACK, (uint16_t)size);
    frame_write(payload, size);
    frame_end();
    stream.untold_wire = 0;
}

static void begin_result(uint32_t first, uint32_t count) {
    uint8_t header[RESULT_HEADER_BYTES];
    bytes_put_u64(header, stream.expected);
    header[8] = stream.seen;
    bytes_put_u32(header + 9, first);
    header[13] = (uint8_t)count;
    frame_begin(FRAME_RESULT, (uint16_t)(sizeof header + count * results_item_bytes()));
    frame_write(header, sizeof header);
    stream.untold_wire = 0;
}

static void send_batch(void) {
    uint32_t first;
    const uint32_t count = results_batch(&first);
    begin_result(first, count);
    results_write_batch();
    frame_end();
}

void stream_flush(void) {
    while (results_waiting() > 0) {
        send_batch();
    }
}

void stream_poll(void) {
    if (results_waiting() > 0 && timer_has_passed(stream.waiting_since, RESULT_WAIT_MS)) {
        stream_flush();
    }
}

/* ---- inference ---- */

/* An output that is larger than the store is sent from where the engine left it. After an engine error there is none:
 * `output` is NULL, and zeros go out in its place. */
static void send_large_result(const uint8_t *item, const uint8_t *output, uint32_t output_bytes) {
    static const uint8_t zero = 0;
    begin_result(stream.index, 1);
    frame_write(item, RESULT_ITEM_BYTES);
    for (uint32_t i = 0; i < output_bytes; i++) {
        frame_write(output != NULL ? output + i : &zero, 1);
    }
    frame_end();
}

static void deliver_result(const uint8_t *item, const uint8_t *output) {
    const uint32_t output_bytes = session_model()->output_bytes;
    uint8_t *place = results_add();
    if (place == NULL) {
        send_large_result(item, output, output_bytes);
        return;
    }
    memcpy(place, item, RESULT_ITEM_BYTES);
    if (output != NULL) {
        memcpy(place + RESULT_ITEM_BYTES, output, output_bytes);
    } else {
        memset(place + RESULT_ITEM_BYTES, 0, output_bytes);
    }
    if (results_waiting() == 1) {
        stream.waiting_since = port_cycles();
    }
    if (results_batch_is_full()) {
        stream_flush();
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

/* The stream begins anew at vector `index`. */
static void begin_at(uint64_t offset, uint32_t index) {
    stream.expected = offset;
    stream.index = index;
    hold_forget_all();
    results_restart(index);
}

static bool vectors_are_large(void) {
    return session_model() != NULL && session_model()->input_bytes > stream_window_bytes() / 4;
}

/* While a large vector is run the next one arrives, which takes the whole window, so that the ACK must leave before. And
 * nobody looks after the line while a vector is run: a frame that were cut short by it would be lost (docs/protocol.md
 * section 1). */
static void tell_before_run(void) {
    if (vectors_are_large() && stream.untold_wire > 0) {
        send_ack(false);
    }
    port_write_hand_over();
}

/* Takes in what comes at `expected`. */
static void take_in(const uint8_t *data, size_t size) {
    hold_forget_passed(stream.expected, stream.expected + size);
    stream.expected += size;
    while (size > 0) {
        const size_t taken = session_vector_fill(data, size);
        data += taken;
        size -= taken;
        if (session_vector_is_complete()) {
            tell_before_run();
            run_vector();
        }
    }
}

static void take_in_held(void) {
    size_t size;
    const uint8_t *data;
    while ((data = hold_next(stream.expected, &size)) != NULL) {
        take_in(data, size);
    }
}

static void handle_data(const frame_t *frame) {
    const uint64_t offset = bytes_get_u64(frame->payload);
    const uint8_t *data = frame->payload + FRAME_OFFSET_BYTES;
    const size_t size = frame->payload_bytes - FRAME_OFFSET_BYTES;
    if (session_model() == NULL) {
        return;
    }
    if (offset > stream.expected) {
        hold_put(stream.expected, offset, data, size);
    } else if (stream.expected - offset < size) {
        const size_t known = (size_t)(stream.expected - offset);
        take_in(data + known, size - known);
        take_in_held();
    }
}

/* Lets the host go on before its window is used up: it hears of a vector's result, or of a large vector's progress. */
static void tell_progress(void) {
    const uint32_t quarter = stream_window_bytes() / 4;
    if (stream.untold_wire < (vectors_are_large() ? quarter : 2 * quarter)) {
        return;
    }
    if (results_waiting() > 0) {
        stream_flush();
    } else {
        send_ack(false);
    }
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

/* Returns false if the SEEK is refused; it changes nothing then. */
static bool handle_seek(const frame_t *frame) {
    const uint64_t offset = bytes_get_u64(frame->payload);
    const engine_model_t *model = session_model();
    uint32_t index;
    if (model == NULL || !find_vector(offset, model->input_bytes, &index)) {
        return false;
    }
    session_vector_forget_part();
    begin_at(offset, index);
    return true;
}

static void send_echo(const frame_t *frame) {
    frame_begin(FRAME_ECHOED, frame->payload_bytes);
    frame_write(frame->payload, frame->payload_bytes);
    frame_end();
}

void stream_restart(void) {
    results_reset();
    begin_at(0, 0);
    stream.untold_wire = 0;
}

void stream_drop_body(void) {
    stream.crc_errors++;
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
    case FRAME_AGAIN:
        return size == FRAME_INDEX_BYTES;
    case FRAME_ECHO:
        return size > 0 && size <= FRAME_DATA_BYTES_MAX;
    default:
        return true;
    }
}

/* What asks for an answer gets an ACK, after the results that wait. */
static void answer(const frame_t *frame) {
    bool refused = false;
    if (frame->type == FRAME_AGAIN) {
        results_again(bytes_get_u32(frame->payload));
    }
    stream_flush();
    if (frame->type == FRAME_SEEK) {
        refused = !handle_seek(frame);
    }
    send_ack(refused);
}

void stream_handle_body(uint8_t *body, size_t size) {
    frame_t frame;
    if (!frame_decode(body, size, &frame) || !length_is_legal(&frame)) {
        stream_drop_body();
        return;
    }
    const bool frames_were_lost = frame.seq != (uint8_t)(stream.seen + 1);
    stream.seen = frame.seq;
    switch (frame.type) {
    case FRAME_SEEK:
    case FRAME_POLL:
    case FRAME_AGAIN:
        answer(&frame);
        return;
    case FRAME_DATA:
        stream.untold_wire += (uint32_t)size + FRAME_DELIMITER_BYTES;
        handle_data(&frame);
        break;
    case FRAME_ECHO:
        send_echo(&frame);
        break;
    default: /* a type of a later protocol version */
        break;
    }
    if (frames_were_lost) {
        send_ack(false);
    } else {
        tell_progress();
    }
}
