/* Tells text lines from frames in the received bytes (docs/protocol.md section 1). */
#ifndef MCUBENCH_SPLITTER_H
#define MCUBENCH_SPLITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

#define SPLITTER_LINE_BYTES_MAX 255

enum splitter_event {
    SPLITTER_NOTHING,
    SPLITTER_LINE,          /* `data` holds a NUL-terminated line of `event_size` bytes, without its line end */
    SPLITTER_LINE_NOISE,    /* a line with bytes outside 0x20-0x7E was discarded */
    SPLITTER_LINE_TOO_LONG, /* a line of more than SPLITTER_LINE_BYTES_MAX was discarded */
    SPLITTER_FRAME,         /* `data` holds a coded frame body of `event_size` bytes */
    SPLITTER_FRAME_TOO_LONG,
};

typedef struct splitter {
    enum splitter_state { SPLITTER_IN_TEXT, SPLITTER_IN_START, SPLITTER_IN_FRAME } state;
    bool noise;           /* the line so far holds a byte that is not text */
    bool carriage_return; /* the last byte of the line so far was '\r', which only '\n' may follow */
    bool too_long;        /* the line so far has more than SPLITTER_LINE_BYTES_MAX bytes */
    size_t size;          /* bytes of the line or body so far */
    size_t event_size;    /* bytes of the line or body that the last event is about */
    _Alignas(8) uint8_t data[(FRAME_BODY_BYTES_MAX + 7) / 8 * 8];
} splitter_t;

/* While a line is handled, the bytes of `data` from here on are free for other use. */
#define SPLITTER_SPARE_OFFSET 256

/* To TEXT with an empty line; also what a silent line calls for. */
void splitter_reset(splitter_t *splitter);

/* Takes at once what of `bytes` is in the middle of a body, where splitter_push would return SPLITTER_NOTHING for each;
 * returns how many. The next byte, if there is one, is for splitter_push. */
size_t splitter_push_body(splitter_t *splitter, const uint8_t *bytes, size_t size);

/* Takes one byte. `data` and `event_size` of an event are valid until the next call. */
enum splitter_event splitter_push(splitter_t *splitter, uint8_t byte);

#endif
