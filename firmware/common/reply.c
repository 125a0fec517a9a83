#include "reply.h"

#include <stdbool.h>

#include "crc32.h"
#include "port.h"

#define BUFFER_BYTES 64
#define DECIMAL_DIGITS_MAX 10

/* An answer is as fast as the line, so size counts here: without this, -O3 copies these functions into their callers. */
#define SMALL __attribute__((noinline))

static struct {
    bool trailer;
    uint16_t seq;
    uint32_t crc; /* running, over what has left the buffer */
    size_t size;
    char buffer[BUFFER_BYTES]; /* so that the port gets pieces worth a transfer, and not single characters */
} reply;

SMALL static void flush(void) {
    reply.crc = crc32_update(reply.crc, reply.buffer, reply.size);
    port_write((const uint8_t *)reply.buffer, reply.size);
    reply.size = 0;
}

SMALL static void put(char character) {
    if (reply.size == BUFFER_BYTES) {
        flush();
    }
    reply.buffer[reply.size++] = character;
}

SMALL static void put_text(const char *text) {
    while (*text != '\0') {
        put(*text++);
    }
}

SMALL static void put_unsigned(uint32_t value) {
    char digits[DECIMAL_DIGITS_MAX + 1];
    char *first = digits + DECIMAL_DIGITS_MAX;
    *first = '\0';
    do {
        *--first = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put_text(first);
}

SMALL static void put_hex(uint32_t value, unsigned digits) {
    while (digits > 0) {
        digits--;
        put("0123456789abcdef"[value >> (4 * digits) & 0xF]);
    }
}

SMALL static void put_key(const char *key) {
    put(' ');
    put_text(key);
    put('=');
}

void reply_use_trailer(uint16_t seq) {
    reply.trailer = true;
    reply.seq = seq;
}

void reply_use_no_trailer(void) {
    reply.trailer = false;
}

void reply_begin(const char *kind) {
    reply.crc = CRC32_START;
    put_text(kind);
}

void reply_end(void) {
    if (reply.trailer) {
        put_text(" #");
        put_unsigned(reply.seq);
        flush();
        put(':');
        put_hex(crc32_final(reply.crc), 8);
    }
    put('\n');
    flush();
}

void reply_string(const char *key, const char *text) {
    put_key(key);
    for (; *text != '\0'; text++) {
        if (*text == ' ' || *text == '%') {
            put('%');
            put_hex((uint8_t)*text, 2);
        } else {
            put(*text);
        }
    }
}

void reply_unsigned(const char *key, uint32_t value) {
    put_key(key);
    put_unsigned(value);
}

void reply_known(const char *key, uint32_t value) {
    if (value != UINT32_MAX) {
        reply_unsigned(key, value);
    }
}

void reply_signed(const char *key, int32_t value) {
    put_key(key);
    if (value < 0) {
        put('-');
    }
    put_unsigned(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

void reply_hex32(const char *key, uint32_t value) {
    put_key(key);
    put_hex(value, 8);
}

void reply_hex_bytes(const char *key, const uint8_t *bytes, size_t size) {
    put_key(key);
    for (size_t i = 0; i < size; i++) {
        put_hex(bytes[i], 2);
    }
}

void reply_unsigned_list(const char *key, const uint32_t *values, uint32_t count) {
    put_key(key);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            put(',');
        }
        put_unsigned(values[i]);
    }
}

void reply_words(const char *text) {
    if (*text != '\0') {
        put(' ');
        put_text(text);
    }
}
