/* Text commands (docs/protocol.md section 2): one handler per verb, in a table. */
#ifndef MCUBENCH_COMMAND_H
#define MCUBENCH_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "words.h"

typedef struct command command_t;

/* One row of the table. A handler sends any number of data lines and exactly one final line. */
typedef struct command_entry {
    const char *verb;
    const char *usage;
    uint32_t words_max; /* the verb counts */
    void (*handle)(const command_t *command);
} command_entry_t;

/* A command line that is carried out. */
struct command {
    const command_entry_t *entry;
    words_t words;
    uint32_t arrival_cycles; /* the cycle counter when the line's last byte was seen */
    void *spare;             /* scratch memory for the time of the command, 8-byte aligned */
    size_t spare_bytes;
};

/* Carries out one line of `size` bytes and a NUL; it is cut up. Returns whether it named a command and was intact. */
bool command_execute(char *line, size_t size, uint32_t arrival_cycles, void *spare, size_t spare_bytes);

/* Final lines that several handlers share. */
void command_refuse_word(const command_t *command, const char *word); /* "" if a word is missing */
void command_refuse(const char *reason);
void command_fail(const char *code);
void command_fail_engine(int status);

void command_info(const command_t *command);
void command_models(const command_t *command);
void command_model(const command_t *command);
void command_mark(const command_t *command);
void command_baud(const command_t *command);
void command_clocks(const command_t *command);
void command_clock(const command_t *command);
void command_tick(const command_t *command);
void command_run(const command_t *command);
void command_layers(const command_t *command);
void command_reset(const command_t *command);

#endif
