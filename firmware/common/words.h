/* Command lines cut into words, and their trailers (docs/protocol.md section 2). */
#ifndef MCUBENCH_WORDS_H
#define MCUBENCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than any command takes. What is left of a longer line stays in the last word, which no command accepts. */
#define WORDS_MAX 16

typedef struct words {
    uint32_t count;
    const char *word[WORDS_MAX];
} words_t;

enum words_trailer { WORDS_TRAILER_NONE, WORDS_TRAILER_RIGHT, WORDS_TRAILER_WRONG };

/* Cuts ` #<seq>:<crc>` off the end of a line of `size` bytes and a NUL, if it is there, and checks it. */
enum words_trailer words_cut_trailer(char *line, size_t size, uint16_t *seq);

/* Cuts the line in place at its spaces. */
void words_split(char *line, words_t *words);

bool words_equal(const char *a, const char *b);

/* Reads a decimal number of digits only, not above `max`. */
bool words_parse_unsigned(const char *word, uint32_t max, uint32_t *value);

/* Returns what follows `<key>=`, or NULL if the word does not begin so. */
const char *words_value(const char *word, const char *key);

/* Reads `<key>=0` or `<key>=1`. */
bool words_parse_flag(const char *word, const char *key, bool *value);

#endif
