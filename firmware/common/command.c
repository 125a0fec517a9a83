#include "command.h"

#include "reply.h"

static void command_help(const command_t *command);

static const command_entry_t table[] = {
    {"help", "help", 1, command_help},
    {"info", "info", 1, command_info},
    {"models", "models", 1, command_models},
    {"model", "model <index|name> [arena=<bytes>]", 3, command_model},
    {"clocks", "clocks", 1, command_clocks},
    {"clock", "clock <name> [<option>=0|1 ...] [overclock=1]", WORDS_MAX, command_clock},
    {"mark", "mark <n>", 2, command_mark},
    {"baud", "baud <rate>", 2, command_baud},
    {"tick", "tick", 1, command_tick},
    {"run", "run <n> [cold=1]", 3, command_run},
    {"layers", "layers", 1, command_layers},
    {"reset", "reset", 1, command_reset},
};

#define TABLE_COUNT (sizeof table / sizeof table[0])

void command_refuse_word(const command_t *command, const char *word) {
    reply_begin("error bad-argument");
    reply_string("word", word);
    reply_string("usage", command->entry->usage);
    reply_end();
}

void command_refuse(const char *reason) {
    reply_begin("error refused");
    reply_string("reason", reason);
    reply_end();
}

void command_fail(const char *code) {
    reply_begin("error");
    reply_words(code);
    reply_end();
}

void command_fail_engine(int status) {
    reply_begin("error engine");
    reply_signed("status", status);
    reply_end();
}

static void command_help(const command_t *command) {
    (void)command;
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        reply_begin("command");
        reply_string("name", table[i].verb);
        reply_string("usage", table[i].usage);
        reply_end();
    }
    reply_begin("ok");
    reply_end();
}

/* Returns whether there is such a command. */
static bool dispatch(command_t *command) {
    const char *verb = command->words.count > 0 ? command->words.word[0] : "";
    for (uint32_t i = 0; i < TABLE_COUNT; i++) {
        if (words_equal(verb, table[i].verb)) {
            command->entry = &table[i];
            if (command->words.count > table[i].words_max) {
                command_refuse_word(command, command->words.word[table[i].words_max]);
            } else {
                table[i].handle(command);
            }
            return true;
        }
    }
    reply_begin("error unknown-command");
    reply_string("word", verb);
    reply_end();
    return false;
}

bool command_execute(char *line, size_t size, uint32_t arrival_cycles, void *spare, size_t spare_bytes) {
    command_t command = {.arrival_cycles = arrival_cycles, .spare = spare, .spare_bytes = spare_bytes};
    uint16_t seq;
    const enum words_trailer trailer = words_cut_trailer(line, size, &seq);
    reply_use_no_trailer();
    if (trailer == WORDS_TRAILER_WRONG) {
        command_fail("crc");
        return false;
    }
    if (trailer == WORDS_TRAILER_RIGHT) {
        reply_use_trailer(seq);
    }
    words_split(line, &command.words);
    const bool is_empty = command.words.count == 0 && trailer == WORDS_TRAILER_NONE;
    return !is_empty && dispatch(&command);
}
