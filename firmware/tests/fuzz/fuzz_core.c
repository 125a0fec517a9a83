/* Feeds the whole core through the fake port with what the fuzzer makes up, and checks what the core sends.
 *
 * Two bytes in a row choose a step and its size, the bytes after them are its content. Frames and trailers get their
 * right CRC here, because a fuzzer finds no CRC by chance; raw bytes have none. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "crc32.h"
#include "fake_port.h"
#include "frame.h"
#include "port.h"
#include "splitter.h"

#define CONTENT_BYTES_MAX 255
#define DATA_REPEATS 8
#define PAYLOAD_BYTES_MAX (FRAME_OFFSET_BYTES + DATA_REPEATS * CONTENT_BYTES_MAX)
#define OUTPUT_BYTES (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum step { STEP_RAW, STEP_LINE, STEP_DATA_NEXT, STEP_FRAME, STEP_SILENCE, STEP_MODEL, STEP_COUNT };

static uint8_t sent[OUTPUT_BYTES];
static uint64_t next_offset; /* where DATA is to go on */
static unsigned lines_asked; /* complete lines that must get an answer ... */
static unsigned lines_answered;
static splitter_t asked; /* ... as a splitter of our own finds them */

/* ---- what the core sends ---- */

static bool starts_with(const char *line, const char *word) {
    return strncmp(line, word, strlen(word)) == 0;
}

static void check_line(const char *line) {
    static const char *const data_kinds[] = {"board ", "build ", "engine ", "link ",   "memory ", "boot ",
                                             "model ", "clock ", "option ", "cycles ", "layer ",  "command "};
    if (strcmp(line, "ok") == 0 || starts_with(line, "ok ") || starts_with(line, "error ")) {
        lines_answered++;
        return;
    }
    for (size_t i = 0; i < sizeof data_kinds / sizeof data_kinds[0]; i++) {
        if (starts_with(line, data_kinds[i])) {
            return;
        }
    }
    assert(!"a line of a kind that is not in the protocol");
}

static void check_body(uint8_t *body, size_t size) {
    frame_t frame;
    const bool decoded = frame_decode(body, size, &frame);
    assert(decoded && (frame.type == FRAME_ACK || frame.type == FRAME_RESULT));
    assert(frame.payload_bytes >= 9);
    memcpy(&next_offset, frame.payload, sizeof next_offset);
}

/* Lines of a board may be longer than what a board takes, so they are cut out here and not by a splitter. */
static void check_output(void) {
    const size_t size = fake_take(sent, sizeof sent);
    size_t at = 0;
    while (at < size) {
        uint8_t *end = memchr(sent + at, sent[at] == 0 ? 0 : '\n', size - at);
        if (sent[at] == 0 && at + 1 < size && sent[at + 1] == 1) {
            end = memchr(sent + at + 1, 0, size - at - 1);
            assert(end != NULL);
            check_body(sent + at + 1, (size_t)(end - sent) - at - 1);
        } else if (sent[at] != 0) {
            assert(end != NULL);
            *end = '\0';
            check_line((const char *)sent + at);
        }
        at = (size_t)(end - sent) + 1;
    }
    assert(fake_lost_output == 0);
}

/* ---- what the fuzzer sends ---- */

static bool line_has_answer(enum splitter_event event) {
    if (event == SPLITTER_LINE) {
        return strspn((const char *)asked.data, " ") < asked.event_size;
    }
    return event == SPLITTER_LINE_TOO_LONG;
}

/* A line at a time, because what comes in with a `reset` is lost with it. */
static void send(const uint8_t *data, size_t size) {
    for (size_t i = 0; i < size; i++) {
        lines_asked += line_has_answer(splitter_push(&asked, data[i]));
        fake_feed(&data[i], 1);
        if (data[i] == '\n' || i == size - 1) {
            while (fake_waiting() > 0) {
                fake_poll();
            }
        }
    }
}

/* The core's own encoder makes the frame, and what it wrote is fed back to the core. */
static void send_frame(uint8_t type, const uint8_t *payload, size_t size) {
    static uint8_t coded[PAYLOAD_BYTES_MAX + 64];
    frame_begin(type, (uint16_t)size);
    frame_write(payload, size);
    frame_end();
    send(coded, fake_take(coded, sizeof coded));
}

static void send_line(const uint8_t *text, size_t size) {
    char line[CONTENT_BYTES_MAX + 32];
    const bool trailer = size > 0 && text[0] == '#';
    memcpy(line, text + trailer, size - trailer);
    size_t length = size - trailer;
    if (trailer) {
        length += (size_t)sprintf(line + length, " #%u", text[size - 1] * 257u);
        length += (size_t)sprintf(line + length, ":%08lx", (unsigned long)crc32(line, length));
    }
    line[length++] = '\n';
    send((const uint8_t *)line, length);
}

/* The content several times over, so that a large vector can be filled. */
static void send_data_next(const uint8_t *bytes, size_t size) {
    uint8_t payload[PAYLOAD_BYTES_MAX];
    memcpy(payload, &next_offset, FRAME_OFFSET_BYTES);
    for (size_t i = 0; i < DATA_REPEATS; i++) {
        memcpy(payload + FRAME_OFFSET_BYTES + i * size, bytes, size);
    }
    send_frame(FRAME_DATA, payload, FRAME_OFFSET_BYTES + DATA_REPEATS * size);
    next_offset += DATA_REPEATS * size;
}

/* More silence than the protocol's 250 ms. */
static void fall_silent(size_t polls) {
    for (size_t i = 0; i < 3 + polls; i++) {
        fake_cycles += port_clock_hz() / 10;
        fake_poll();
    }
    if (asked.state != SPLITTER_IN_TEXT) {
        splitter_reset(&asked);
    }
}

static void do_step(enum step step, const uint8_t *content, size_t size) {
    static const char *const select[] = {"model echo\n", "model big\n", "model broken\n"};
    check_output();
    switch (step) {
    case STEP_RAW:
        send(content, size);
        break;
    case STEP_LINE:
        send_line(content, size);
        break;
    case STEP_DATA_NEXT:
        send_data_next(content, size);
        break;
    case STEP_FRAME:
        send_frame(size > 0 ? content[0] : FRAME_POLL, content + (size > 0), size - (size > 0));
        break;
    case STEP_SILENCE:
        fall_silent(size);
        break;
    default:
        send((const uint8_t *)select[size % 3], strlen(select[size % 3]));
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fake_start();
    splitter_reset(&asked);
    next_offset = 0;
    lines_asked = 0;
    lines_answered = 0;
    while (size >= 2) {
        const enum step step = data[0] % STEP_COUNT;
        const size_t wanted = data[1];
        const size_t content = wanted < size - 2 ? wanted : size - 2;
        do_step(step, data + 2, content);
        data += 2 + content;
        size -= 2 + content;
    }
    fake_poll();
    check_output();
    assert(lines_answered == lines_asked);
    return 0;
}
