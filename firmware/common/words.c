#include "words.h"

#include "crc32.h"

#define CRC_DIGITS 8

bool words_equal(const char *a, const char *b) {
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return *a == *b;
}

bool words_parse_unsigned(const char *word, uint32_t max, uint32_t *value) {
    uint32_t sum = 0;
    if (*word == '\0') {
        return false;
    }
    for (; *word != '\0'; word++) {
        const uint32_t digit = (uint32_t)(*word - '0');
        if (*word < '0' || *word > '9' || digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

const char *words_value(const char *word, const char *key) {
    while (*key != '\0') {
        if (*word++ != *key++) {
            return NULL;
        }
    }
    return *word == '=' ? word + 1 : NULL;
}

bool words_parse_flag(const char *word, const char *key, bool *value) {
    const char *text = words_value(word, key);
    if (text == NULL || (text[0] != '0' && text[0] != '1') || text[1] != '\0') {
        return false;
    }
    *value = text[0] == '1';
    return true;
}

/* Reads lower-case hex digits up to the end. */
static bool parse_hex(const char *digits, uint32_t *value) {
    for (*value = 0; *digits != '\0'; digits++) {
        if (*digits >= '0' && *digits <= '9') {
            *value = *value << 4 | (uint32_t)(*digits - '0');
        } else if (*digits >= 'a' && *digits <= 'f') {
            *value = *value << 4 | (uint32_t)(*digits - 'a' + 10);
        } else {
            return false;
        }
    }
    return true;
}

/* A last word that begins with `#` is a trailer, however damaged the rest of it is. */
enum words_trailer words_cut_trailer(char *line, size_t size, uint16_t *seq) {
    char *last = line + size;
    while (last > line && *last != ' ') {
        last--;
    }
    if (last[0] != ' ' || last[1] != '#') {
        return WORDS_TRAILER_NONE;
    }
    char *colon = line + size - CRC_DIGITS - 1;
    uint32_t crc;
    uint32_t number;
    if (colon <= last || *colon != ':' || !parse_hex(colon + 1, &crc) || crc != crc32(line, (size_t)(colon - line))) {
        return WORDS_TRAILER_WRONG;
    }
    *colon = '\0';
    if (!words_parse_unsigned(last + 2, UINT16_MAX, &number)) {
        return WORDS_TRAILER_WRONG;
    }
    *seq = (uint16_t)number;
    *last = '\0';
    return WORDS_TRAILER_RIGHT;
}

void words_split(char *line, words_t *words) {
    words->count = 0;
    while (words->count < WORDS_MAX) {
        while (*line == ' ') {
            line++;
        }
        if (*line == '\0') {
            return;
        }
        words->word[words->count++] = line;
        if (words->count == WORDS_MAX) {
            return;
        }
        while (*line != ' ' && *line != '\0') {
            line++;
        }
        if (*line == ' ') {
            *line++ = '\0';
        }
    }
}
