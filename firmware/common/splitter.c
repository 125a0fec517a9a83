#include "splitter.h"

#include <string.h>

#define DELIMITER 0x00
#define FIRST_CODED_BYTE 0x01 /* every body starts with a zero marker, which COBS turns into this */

_Static_assert(SPLITTER_SPARE_OFFSET > SPLITTER_LINE_BYTES_MAX, "a line and its NUL come before the spare bytes");

static void enter(splitter_t *splitter, enum splitter_state state) {
    splitter->state = state;
    splitter->event_size = splitter->size;
    splitter->size = 0;
    splitter->noise = false;
    splitter->carriage_return = false;
    splitter->too_long = false;
}

void splitter_reset(splitter_t *splitter) {
    enter(splitter, SPLITTER_IN_TEXT);
}

/* Noise comes before length: who is not sending text is not told about the length of lines. */
static enum splitter_event finish_line(splitter_t *splitter) {
    enum splitter_event event = SPLITTER_LINE;
    if (splitter->noise) {
        event = SPLITTER_LINE_NOISE;
    } else if (splitter->too_long) {
        event = SPLITTER_LINE_TOO_LONG;
    }
    splitter->data[splitter->size] = '\0';
    enter(splitter, SPLITTER_IN_TEXT);
    return event;
}

static enum splitter_event push_text(splitter_t *splitter, uint8_t byte) {
    if (byte == '\n') {
        return finish_line(splitter);
    }
    splitter->noise |= splitter->carriage_return;
    splitter->carriage_return = byte == '\r';
    if (splitter->carriage_return) {
        return SPLITTER_NOTHING;
    }
    splitter->noise |= byte < 0x20 || byte > 0x7E;
    if (splitter->size == SPLITTER_LINE_BYTES_MAX) {
        splitter->too_long = true;
    } else {
        splitter->data[splitter->size++] = byte;
    }
    return SPLITTER_NOTHING;
}

static enum splitter_event push_frame(splitter_t *splitter, uint8_t byte) {
    if (byte == DELIMITER) {
        enter(splitter, SPLITTER_IN_START);
        return SPLITTER_FRAME;
    }
    if (splitter->size == FRAME_BODY_BYTES_MAX) {
        enter(splitter, SPLITTER_IN_TEXT);
        return SPLITTER_FRAME_TOO_LONG;
    }
    splitter->data[splitter->size++] = byte;
    return SPLITTER_NOTHING;
}

size_t splitter_push_body(splitter_t *splitter, const uint8_t *bytes, size_t size) {
    if (splitter->state != SPLITTER_IN_FRAME) {
        return 0;
    }
    const uint8_t *delimiter = memchr(bytes, DELIMITER, size);
    const size_t in_body = delimiter != NULL ? (size_t)(delimiter - bytes) : size;
    const size_t room = FRAME_BODY_BYTES_MAX - splitter->size;
    const size_t taken = in_body < room ? in_body : room;
    memcpy(splitter->data + splitter->size, bytes, taken);
    splitter->size += taken;
    return taken;
}

enum splitter_event splitter_push(splitter_t *splitter, uint8_t byte) {
    if (splitter->state == SPLITTER_IN_FRAME) {
        return push_frame(splitter, byte);
    }
    if (byte == DELIMITER) {
        enter(splitter, SPLITTER_IN_START);
        return SPLITTER_NOTHING;
    }
    if (splitter->state == SPLITTER_IN_START) {
        if (byte == FIRST_CODED_BYTE) {
            enter(splitter, SPLITTER_IN_FRAME);
            return push_frame(splitter, byte);
        }
        enter(splitter, SPLITTER_IN_TEXT);
    }
    return push_text(splitter, byte);
}
