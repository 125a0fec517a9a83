#include "reply.h"

#include <stdbool.h>
#include <string.h>

#include "crc32.h"
#include "port.h"

#define DECIMAL_DIGITS_MAX 10

static struct {
    bool trailer;
    uint16_t seq;
    uint32_t crc; /* running, over the line so far */
} reply;

static void put(const char *text, size_t size) {
    reply.crc = crc32_update(reply.crc, text, size);
    port_write((const uint8_t *)text, size);
}

static void put_text(const char *text) {
    put(text, strlen(text));
}

static void put_unsigned(uint32_t value) {
    char digits[DECIMAL_DIGITS_MAX];
    size_t first = sizeof digits;
    do {
        digits[--first] = (char)('0' + value % 10);
        value /= 10;
    } while (value != 0);
    put(digits + first, sizeof digits - first);
}

static void put_hex_byte(uint8_t byte) {
    static const char digits[16] = "0123456789abcdef";
    const char text[2] = {digits[byte >> 4], digits[byte & 0xF]};
    put(text, sizeof text);
}

static void put_hex32(uint32_t value) {
    for (unsigned shift = 32; shift > 0; shift -= 8) {
        put_hex_byte((uint8_t)(value >> (shift - 8)));
    }
}

static void put_key(const char *key) {
    put_text(" ");
    put_text(key);
    put_text("=");
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
        const uint32_t crc = crc32_final(reply.crc);
        put_text(":");
        put_hex32(crc);
    }
    put_text("\n");
}

void reply_string(const char *key, const char *text) {
    put_key(key);
    for (; *text != '\0'; text++) {
        if (*text == ' ') {
            put_text("%20");
        } else if (*text == '%') {
            put_text("%25");
        } else {
            put(text, 1);
        }
    }
}

void reply_unsigned(const char *key, uint32_t value) {
    reply_unsigned_list(key, &value, 1);
}

void reply_signed(const char *key, int32_t value) {
    put_key(key);
    if (value < 0) {
        put_text("-");
    }
    put_unsigned(value < 0 ? 0u - (uint32_t)value : (uint32_t)value);
}

void reply_hex32(const char *key, uint32_t value) {
    put_key(key);
    put_hex32(value);
}

void reply_hex_bytes(const char *key, const uint8_t *bytes, size_t size) {
    put_key(key);
    for (size_t i = 0; i < size; i++) {
        put_hex_byte(bytes[i]);
    }
}

void reply_unsigned_list(const char *key, const uint32_t *values, uint32_t count) {
    put_key(key);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            put_text(",");
        }
        put_unsigned(values[i]);
    }
}

void reply_words(const char *text) {
    if (*text != '\0') {
        put_text(" ");
        put_text(text);
    }
}
