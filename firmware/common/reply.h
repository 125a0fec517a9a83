/* Answer lines: kind, words, trailer. They leave in pieces, so a line has no largest length. */
#ifndef MCUBENCH_REPLY_H
#define MCUBENCH_REPLY_H

#include <stddef.h>
#include <stdint.h>

/* The lines of the next answer carry a trailer with this seq, or none. */
void reply_use_trailer(uint16_t seq);
void reply_use_no_trailer(void);

/* One line: reply_begin("ok"), any number of words, reply_end(). */
void reply_begin(const char *kind);
void reply_end(void);

void reply_string(const char *key, const char *text); /* a space in `text` is sent as %20, a percent sign as %25 */
void reply_unsigned(const char *key, uint32_t value);
void reply_known(const char *key, uint32_t value); /* nothing if `value` is UINT32_MAX, which stands for unknown */
void reply_signed(const char *key, int32_t value);
void reply_hex32(const char *key, uint32_t value);
void reply_hex_bytes(const char *key, const uint8_t *bytes, size_t size);
void reply_unsigned_list(const char *key, const uint32_t *values, uint32_t count);
void reply_words(const char *text); /* words that are ready to send: "key=value key=value"; "" adds nothing */

#endif
