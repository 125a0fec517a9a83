#include "cpu.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#define NAME_BYTES 64
#define LINE_BYTES 256

static char name[NAME_BYTES];
static size_t size;

/* Finds the value of the first line `model name : <value>`; Arm kernels write none. */
static bool read_model_name(char *line) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    bool found = false;
    while (file != NULL && !found && fgets(line, LINE_BYTES, file) != NULL) {
        found = strncmp(line, "model name", strlen("model name")) == 0 && strchr(line, ':') != NULL;
    }
    if (file != NULL) {
        fclose(file);
    }
    return found;
}

static bool is_filler(const char *word) {
    const char *core = strstr(word, "-Core");
    return strcmp(word, "CPU") == 0 || strcmp(word, "Processor") == 0 || (core != NULL && core[5] == '\0');
}

static void append_character(char character) {
    if (size < sizeof name - 1) {
        name[size++] = character;
    }
}

static void append_word(const char *word) {
    if (size > 0) {
        append_character(' ');
    }
    while (*word != '\0') {
        append_character(*word++);
    }
}

/* "Intel(R) Xeon(R) CPU E5-2673 v4 @ 2.30GHz" is shown as "Intel Xeon E5-2673 v4": its rate is not that which it runs
 * at, and the rest says nothing. */
static void shorten(char *text) {
    for (char *word = strtok(text, " \t\n"); word != NULL && strcmp(word, "@") != 0; word = strtok(NULL, " \t\n")) {
        word[strcspn(word, "(")] = '\0';
        if (!is_filler(word) && word[0] != '\0') {
            append_word(word);
        }
    }
}

const char *cpu_name(void) {
    char line[LINE_BYTES];
    struct utsname system;
    if (size == 0 && read_model_name(line)) {
        shorten(strchr(line, ':') + 1);
    }
    if (size == 0) {
        append_word(uname(&system) == 0 ? system.machine : "pc");
    }
    return name;
}
