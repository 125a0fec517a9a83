/* Feeds the whole core through the fake port with what the fuzzer makes up, and checks what the core answers.
 *
 * Two bytes in a row choose a step and its size, the bytes after them are its content. Frames and trailers get their
 * right CRC here, because a fuzzer finds no CRC by chance; raw bytes have none.
 *
 * What is sent also goes through a splitter and a decoder here, event by event: each line must get one answer, each
 * frame what docs/protocol.md says, and what is neither must get nothing. All vectors come from one endless stream whose
 * bytes follow from their offsets, so that the right input of every result is known. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"
#include "fake_port.h"
#include "frame.h"
#include "port.h"
#include "session.h"
#include "splitter.h"
#include "stream.h"

#define CONTENT_BYTES_MAX 255
#define DATA_BYTES_MAX (11 * CONTENT_BYTES_MAX + 1) /* more than a board takes */
#define FRAME_BYTES_MAX (FRAME_HEADER_BYTES + FRAME_OFFSET_BYTES + DATA_BYTES_MAX + FRAME_CRC_BYTES)
#define OUTPUT_BYTES (1u << 20)
#define ACK_FIXED_BYTES 14
#define RESULT_HEADER_BYTES 14
#define RESULT_ITEM_BYTES 9
#define MAGIC_FAIL 0xEE /* of engine_test.c */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step { STEP_RAW, STEP_LINE, STEP_DATA, STEP_FRAME, STEP_SILENCE, STEP_MODEL, STEP_LOSE, STEP_AGAIN, STEP_COUNT };

static uint8_t output[OUTPUT_BYTES];
static splitter_t sent; /* finds the lines and frames in what is sent */
static uint8_t seq;     /* of the next frame */
static uint8_t seen;    /* of the last intact frame */

/* The vector stream since it began: what the board must have, and what it can have at most. */
static uint64_t expected;
static uint64_t sent_end;
static bool foreign; /* DATA with other bytes than those of the stream came through */

/* What came back in answer to one event. */
static struct {
    unsigned final_lines;
    unsigned boots;
    bool engine_opened; /* well or badly: the final line is one of those that follow engine_open */
    unsigned acks;
    unsigned echoes;
    unsigned results; /* frames */
    bool ack_is_last;
    uint8_t ack_flags;
    uint32_t oldest;
    uint32_t first_result;
    uint32_t next_result; /* one past the last one */
} answer;

/* ---- the stream of vectors ---- */

static uint8_t stream_byte(uint64_t offset) {
    const uint32_t mixed = (uint32_t)offset * 2654435761u;
    return (uint8_t)(mixed >> 24);
}

/* A table of our own, because this is most of the work, and what the core computes is to be compared with it. */
static uint32_t crc_step(uint32_t state, uint8_t byte) {
    static uint32_t table[256];
    if (table[1] == 0) {
        for (uint32_t i = 0; i < 256; i++) {
            table[i] = i;
            for (int bit = 0; bit < 8; bit++) {
                table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xEDB88320u : 0);
            }
        }
    }
    return state >> 8 ^ table[(uint8_t)state ^ byte];
}

static uint32_t stream_crc(uint64_t offset, uint32_t size) {
    uint32_t state = UINT32_MAX;
    for (uint32_t i = 0; i < size; i++) {
        state = crc_step(state, stream_byte(offset + i));
    }
    return ~state;
}

static uint32_t bytes_crc(const uint8_t *bytes, size_t size) {
    uint32_t state = UINT32_MAX;
    for (size_t i = 0; i < size; i++) {
        state = crc_step(state, bytes[i]);
    }
    return ~state;
}

static void begin_stream(uint64_t offset) {
    expected = offset;
    sent_end = offset;
    foreign = false;
}

static uint64_t vectors_complete(void) {
    return session_model() == NULL ? 0 : expected / session_model()->input_bytes;
}

/* ---- what the core sends ---- */

static bool starts_with(const char *line, const char *word) {
    return strncmp(line, word, strlen(word)) == 0;
}

static void check_line(const char *line) {
    static const char *const data_kinds[] = {"board ", "build ", "engine ", "link ",   "memory ", "boot ",    "model ",
                                             "clock ", "option ", "cycles ", "layer ", "fault ",  "command "};
    answer.boots += starts_with(line, "boot board=");
    if (strcmp(line, "ok") == 0 || starts_with(line, "ok ") || starts_with(line, "error ")) {
        answer.final_lines++;
        answer.engine_opened = line[0] == 'o' || starts_with(line, "error engine ");
        return;
    }
    for (size_t i = 0; i < sizeof data_kinds / sizeof data_kinds[0]; i++) {
        if (starts_with(line, data_kinds[i])) {
            return;
        }
    }
    assert(!"a line of a kind that is not in the protocol");
}

/* It goes on by what was sent and in no other way. */
static void check_expected(uint64_t told) {
    assert(told >= expected && told <= sent_end);
    expected = told;
}

static void check_ack(const frame_t *ack) {
    const uint32_t map_bytes = ack->payload_bytes - ACK_FIXED_BYTES;
    assert(ack->payload_bytes >= ACK_FIXED_BYTES && map_bytes <= stream_hold_bytes() / stream_grain_bytes() / 8);
    assert(map_bytes == 0 || ack->payload[ack->payload_bytes - 1] != 0);
    assert(ack->payload[12] == seen);
    answer.oldest = bytes_get_u32(ack->payload + 8);
    answer.ack_flags = ack->payload[13];
    assert((answer.ack_flags & 2) == (session_model() == NULL ? 2 : 0));
    assert(map_bytes == 0 || expected + 8 * (map_bytes - 1) * stream_grain_bytes() < sent_end);
}

static void check_item(const uint8_t *item, uint32_t index) {
    const uint32_t size = session_model()->input_bytes;
    const uint64_t offset = (uint64_t)index * size;
    if (foreign) {
        return;
    }
    assert(bytes_get_u32(item + 5) == stream_crc(offset, size));
    if (session_model()->output_bytes != 600) {
        assert((item[0] != 0) == (stream_byte(offset) == MAGIC_FAIL));
    }
}

static void check_result(const frame_t *result) {
    const uint32_t first = bytes_get_u32(result->payload + 9);
    const uint32_t count = result->payload[13];
    const uint32_t item_bytes = RESULT_ITEM_BYTES + session_model()->output_bytes;
    assert(count > 0 && result->payload_bytes == RESULT_HEADER_BYTES + count * item_bytes);
    assert(result->payload[8] == seen);
    check_expected(bytes_get_u64(result->payload));
    assert((uint64_t)first + count <= vectors_complete());
    for (uint32_t i = 0; i < count; i++) {
        check_item(result->payload + RESULT_HEADER_BYTES + i * item_bytes, first + i);
    }
    assert(answer.results == 0 || first == answer.next_result);
    answer.first_result = answer.results++ == 0 ? first : answer.first_result;
    answer.next_result = first + count;
}

static void check_seek(const frame_t *seek, uint64_t told) {
    const uint64_t offset = bytes_get_u64(seek->payload);
    const engine_model_t *model = session_model();
    const bool good = model != NULL && offset % model->input_bytes == 0 && offset / model->input_bytes <= UINT32_MAX;
    assert((answer.ack_flags & 1) == !good);
    if (good) {
        begin_stream(offset);
    }
    check_expected(told);
}

/* `asked` is the frame that is answered, NULL if none is. */
static void check_body(uint8_t *body, size_t size, const frame_t *asked) {
    frame_t frame;
    const bool decoded = frame_decode(body, size, &frame);
    assert(decoded);
    answer.ack_is_last = frame.type == FRAME_ACK;
    switch (frame.type) {
    case FRAME_ACK:
        answer.acks++;
        check_ack(&frame);
        if (asked != NULL && asked->type == FRAME_SEEK) {
            check_seek(asked, bytes_get_u64(frame.payload));
        } else {
            assert((answer.ack_flags & 1) == 0);
            check_expected(bytes_get_u64(frame.payload));
        }
        break;
    case FRAME_RESULT:
        check_result(&frame);
        break;
    default:
        assert(frame.type == FRAME_ECHOED && asked != NULL && asked->type == FRAME_ECHO);
        assert(frame.payload_bytes == asked->payload_bytes);
        assert(memcmp(frame.payload, asked->payload, frame.payload_bytes) == 0);
        answer.echoes++;
    }
}

/* Takes what came back. Lines of a board may be longer than what a board takes, so they are cut out here and not by a
 * splitter. */
static void check_output(const frame_t *asked) {
    const size_t size = fake_take(output, sizeof output);
    size_t at = 0;
    memset(&answer, 0, sizeof answer);
    while (at < size) {
        uint8_t *end = memchr(output + at, output[at] == 0 ? 0 : '\n', size - at);
        if (output[at] == 0 && at + 1 < size && output[at + 1] == 1) {
            end = memchr(output + at + 1, 0, size - at - 1);
            assert(end != NULL);
            check_body(output + at + 1, (size_t)(end - output) - at - 1, asked);
        } else if (output[at] != 0) {
            assert(end != NULL);
            *end = '\0';
            check_line((const char *)output + at);
        }
        at = (size_t)(end - output) + 1;
    }
    assert(fake_lost_output == 0);
}

/* ---- what must come back for what was sent ---- */

static void feed(const uint8_t *data, size_t size) {
    const size_t fitted = fake_feed(data, size);
    assert(fitted == size);
    while (fake_waiting() > 0) {
        fake_poll();
    }
}

static void send_nothing_of_note(const uint8_t *data, size_t size) {
    feed(data, size);
    check_output(NULL);
    assert(answer.final_lines + answer.boots + answer.acks + answer.echoes + answer.results == 0);
}

/* Results that wait belong to the model that is selected before a command, so they are fetched before its line ends. */
static void send_last_byte(const uint8_t *data, size_t size) {
    feed(data, size - 1);
    fake_cycles += port_clock_hz() / 100; /* a pause */
    fake_poll();
    check_output(NULL);
    assert(answer.final_lines + answer.boots + answer.acks + answer.echoes == 0);
    feed(data + size - 1, 1);
    check_output(NULL);
    assert(answer.acks + answer.echoes + answer.results == 0);
}

static void send_line_end(const uint8_t *data, size_t size) {
    const char *verb = (const char *)sent.data + strspn((const char *)sent.data, " ");
    const bool selects = starts_with(verb, "model ");
    const bool empty = *verb == '\0';
    send_last_byte(data, size);
    assert(answer.final_lines == !empty);
    if (selects && answer.engine_opened) {
        begin_stream(0);
    }
}

static bool length_is_legal(const frame_t *frame) {
    const uint32_t size = frame->payload_bytes;
    switch (frame->type) {
    case FRAME_DATA:
        return size >= 9 && size <= 8 + FRAME_DATA_BYTES_MAX;
    case FRAME_SEEK:
        return size == 8;
    case FRAME_POLL:
        return size == 0;
    case FRAME_AGAIN:
        return size == 4;
    case FRAME_ECHO:
        return size >= 1 && size <= FRAME_DATA_BYTES_MAX;
    default:
        return true;
    }
}

/* Then there may be an ACK before each one is run. */
static bool vectors_are_large(void) {
    return session_model() != NULL && session_model()->input_bytes > stream_window_bytes() / 4;
}

/* What the board may have after this. It may have gone on from what it told last, if that was in the middle of a run of
 * vectors. */
static void note_data(const frame_t *data) {
    const uint64_t offset = bytes_get_u64(data->payload);
    const uint32_t size = data->payload_bytes - FRAME_OFFSET_BYTES;
    const uint64_t furthest = vectors_are_large() ? sent_end : expected;
    if (session_model() == NULL || offset > furthest + stream_hold_bytes()) {
        return;
    }
    if (offset <= expected && offset + size > expected) {
        expected = offset + size;
    }
    if (offset + size > sent_end) {
        sent_end = offset + size;
    }
    for (uint32_t i = 0; i < size; i++) {
        foreign |= data->payload[FRAME_OFFSET_BYTES + i] != stream_byte(offset + i);
    }
}

/* All that are kept, from the one that was asked for on. */
static void check_again(const frame_t *again) {
    const uint64_t next = vectors_complete();
    const uint32_t index = bytes_get_u32(again->payload);
    if (index < next && next <= UINT32_MAX && answer.oldest < next) {
        assert(answer.results > 0 && answer.next_result == next);
        assert(answer.first_result <= (index > answer.oldest ? index : answer.oldest));
    }
}

/* `data` ends the frame whose coded body is `body`. */
static void send_frame_end(const uint8_t *data, size_t size, uint8_t *body, size_t body_size) {
    frame_t frame;
    if (!frame_decode(body, body_size, &frame) || !length_is_legal(&frame)) {
        send_nothing_of_note(data, size);
        return;
    }
    const bool jumped = frame.seq != (uint8_t)(seen + 1);
    const bool asks = frame.type == FRAME_SEEK || frame.type == FRAME_POLL || frame.type == FRAME_AGAIN;
    seen = frame.seq;
    if (frame.type == FRAME_DATA) {
        note_data(&frame);
    }
    feed(data, size);
    check_output(&frame);
    assert(answer.final_lines + answer.boots == 0);
    assert(answer.echoes == (frame.type == FRAME_ECHO));
    assert(!(asks || jumped) || answer.ack_is_last);
    assert(answer.acks <= (asks || jumped || frame.type == FRAME_DATA) || vectors_are_large());
    if (frame.type == FRAME_AGAIN) {
        check_again(&frame);
    }
}

/* The first bytes of `data` end with what `event` is about. */
static void send_event(enum splitter_event event, const uint8_t *data, size_t size) {
    static uint8_t body[FRAME_BODY_BYTES_MAX];
    switch (event) {
    case SPLITTER_FRAME:
        memcpy(body, sent.data, sent.event_size);
        send_frame_end(data, size, body, sent.event_size);
        break;
    case SPLITTER_LINE:
        send_line_end(data, size);
        break;
    case SPLITTER_LINE_TOO_LONG:
        send_last_byte(data, size);
        assert(answer.final_lines == 1);
        break;
    default:
        send_nothing_of_note(data, size);
        break;
    }
}

static void send(const uint8_t *data, size_t size) {
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        const enum splitter_event event = splitter_push(&sent, data[i]);
        if (event != SPLITTER_NOTHING) {
            send_event(event, data + start, i + 1 - start);
            start = i + 1;
        }
    }
    send_nothing_of_note(data + start, size - start);
}

/* ---- what the fuzzer sends ---- */

static size_t encode(const uint8_t *data, size_t size, uint8_t *coded) {
    size_t code_at = 0;
    size_t out = 1;
    for (size_t i = 0; i < size; i++) {
        if (out - code_at == 0xFF) {
            coded[code_at] = 0xFF;
            code_at = out++;
        }
        if (data[i] == 0) {
            coded[code_at] = (uint8_t)(out - code_at);
            code_at = out++;
        } else {
            coded[out++] = data[i];
        }
    }
    coded[code_at] = (uint8_t)(out - code_at);
    return out;
}

/* A frame whose payload is in place behind room for the header. */
static void send_frame(uint8_t type, uint8_t *frame, size_t payload_bytes) {
    static uint8_t coded[COBS_CODED_BYTES(FRAME_BYTES_MAX) + 2];
    const size_t size = FRAME_HEADER_BYTES + payload_bytes;
    frame[0] = 0;
    frame[1] = type;
    frame[2] = seq++;
    frame[3] = (uint8_t)payload_bytes;
    frame[4] = (uint8_t)(payload_bytes >> 8);
    bytes_put_u32(frame + size, bytes_crc(frame, size));
    coded[0] = 0;
    const size_t end = 1 + encode(frame, size + FRAME_CRC_BYTES, coded + 1);
    coded[end] = 0;
    send(coded, end + 1);
}

static void send_data(int64_t ahead, size_t size) {
    static uint8_t frame[FRAME_BYTES_MAX];
    const uint64_t offset = ahead < 0 && (uint64_t)-ahead > expected ? 0 : expected + (uint64_t)ahead;
    bytes_put_u64(frame + FRAME_HEADER_BYTES, offset);
    for (size_t i = 0; i < size; i++) {
        frame[FRAME_HEADER_BYTES + FRAME_OFFSET_BYTES + i] = stream_byte(offset + i);
    }
    send_frame(FRAME_DATA, frame, FRAME_OFFSET_BYTES + size);
}

/* How far from what is expected, in which unit, how many bytes; without content, what comes next. */
static void send_data_step(const uint8_t *content, size_t size) {
    static const int units[] = {1, 8, 64, 977};
    const int ahead = size > 0 ? (int8_t)content[0] : 0;
    const unsigned how = size > 1 ? content[1] : 1;
    const size_t count = size > 2 ? content[2] : 7 + size;
    send_data((int64_t)ahead * units[how % 4], 1 + count * (how & 4 ? 11 : 1));
}

/* A type and its payload. Of DATA only the offset counts: what comes there follows from it. */
static void send_frame_step(const uint8_t *content, size_t size) {
    uint8_t frame[FRAME_HEADER_BYTES + CONTENT_BYTES_MAX + FRAME_CRC_BYTES];
    const uint8_t type = size > 0 ? content[0] : FRAME_POLL;
    if (type == FRAME_DATA && size > 1 + FRAME_OFFSET_BYTES) {
        send_data((int64_t)(bytes_get_u64(content + 1) - expected), size - 1 - FRAME_OFFSET_BYTES);
        return;
    }
    if (size > 1) {
        memcpy(frame + FRAME_HEADER_BYTES, content + 1, size - 1);
    }
    send_frame(type, frame, size > 0 ? size - 1 : 0);
}

/* For results from so many before the newest on. */
static void send_again(size_t back) {
    uint8_t frame[FRAME_HEADER_BYTES + FRAME_INDEX_BYTES + FRAME_CRC_BYTES];
    bytes_put_u32(frame + FRAME_HEADER_BYTES, (uint32_t)(vectors_complete() - back));
    send_frame(FRAME_AGAIN, frame, FRAME_INDEX_BYTES);
}

static void send_line(const uint8_t *text, size_t size) {
    char line[CONTENT_BYTES_MAX + 32];
    const bool trailer = size > 0 && text[0] == '#';
    memcpy(line, text + trailer, size - trailer);
    size_t length = size - trailer;
    if (trailer) {
        length += (size_t)sprintf(line + length, " #%u", text[size - 1] * 257u);
        length += (size_t)sprintf(line + length, ":%08lx", (unsigned long)bytes_crc((const uint8_t *)line, length));
    }
    line[length++] = '\n';
    send((const uint8_t *)line, length);
}

/* More silence than the protocol's 250 ms. */
static void fall_silent(size_t polls) {
    for (size_t i = 0; i < 3 + polls; i++) {
        fake_cycles += port_clock_hz() / 10;
        fake_poll();
    }
    if (sent.state != SPLITTER_IN_TEXT) {
        splitter_reset(&sent);
    }
    check_output(NULL);
    assert(answer.final_lines + answer.boots + answer.acks + answer.echoes == 0);
}

static void select_model(size_t number) {
    static const char *const commands[] = {"model echo\n", "model big\n", "model broken\n", "model deep\n"};
    const char *command = commands[number % 4];
    send((const uint8_t *)command, strlen(command));
}

static void do_step(enum step step, const uint8_t *content, size_t size) {
    switch (step) {
    case STEP_RAW:
        send(content, size);
        break;
    case STEP_LINE:
        send_line(content, size);
        break;
    case STEP_DATA:
        send_data_step(content, size);
        break;
    case STEP_FRAME:
        send_frame_step(content, size);
        break;
    case STEP_SILENCE:
        fall_silent(size);
        break;
    case STEP_MODEL:
        select_model(size);
        break;
    case STEP_LOSE:
        seq = (uint8_t)(seq + size);
        break;
    default:
        send_again(size);
        break;
    }
}

/* What the core keeps from one run to the next is forgotten: model, stream, seen. */
static void power_on(void) {
    uint8_t poll[FRAME_HEADER_BYTES + FRAME_CRC_BYTES];
    fake_power_on();
    fake_take(output, sizeof output);
    splitter_reset(&sent);
    begin_stream(expected);
    select_model(2);
    seq = 255;
    send_frame(FRAME_POLL, poll, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    power_on();
    while (size >= 2) {
        const enum step step = data[0] % STEP_COUNT;
        const size_t wanted = data[1];
        const size_t content = wanted < size - 2 ? wanted : size - 2;
        do_step(step, data + 2, content);
        data += 2 + content;
        size -= 2 + content;
    }
    fall_silent(0);
    return 0;
}
