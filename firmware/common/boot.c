/* The boot line, what `info` says of boots and crashes, `mark` and `reset`. */
#include "boot.h"

#include "command.h"
#include "core.h"
#include "port.h"
#include "reply.h"

static uint32_t mark;

static const char *const kinds[] = {
    [KEPT_HARD] = "hard",   [KEPT_MEMORY] = "memory",                 [KEPT_BUS] = "bus",
    [KEPT_USAGE] = "usage", [KEPT_STACK_OVERFLOW] = "stack-overflow", [KEPT_EXIT] = "exit",
};

static const char *const words[] = {
    [KEPT_PC] = "pc",     [KEPT_LR] = "lr",     [KEPT_PSR] = "psr",     [KEPT_SP] = "sp",
    [KEPT_CFSR] = "cfsr", [KEPT_HFSR] = "hfsr", [KEPT_MMFAR] = "mmfar", [KEPT_BFAR] = "bfar",
};

static void reply_count_and_cause(void) {
    reply_unsigned("count", kept_boots());
    reply_string("cause", kept_crashed() ? "fault" : port_reset_cause());
}

static void reply_crash(const kept_crash_t *crash) {
    reply_begin("fault");
    reply_unsigned("boot", crash->boot);
    reply_string("kind", kinds[crash->kind]);
    for (uint32_t i = 0; i < KEPT_WORDS; i++) {
        if (crash->known >> i & 1) {
            reply_hex32(words[i], crash->word[i]);
        }
    }
    reply_end();
}

void boot_announce(void) {
    static const uint8_t delimiter = 0x00;
    mark = 0;
    port_write(&delimiter, 1);
    reply_use_no_trailer();
    reply_begin("boot");
    reply_string("board", PORT_BOARD_NAME);
    reply_unsigned("protocol", CORE_PROTOCOL_VERSION);
    reply_count_and_cause();
    reply_end();
    if (kept_crashed()) {
        reply_crash(kept_last_crash());
    }
}

void boot_reply(void) {
    reply_begin("boot");
    reply_count_and_cause();
    reply_unsigned("mark", mark);
    if (port_watchdog_ms != 0) {
        reply_unsigned("watchdog_ms", port_watchdog_ms);
    }
    reply_end();
    if (kept_last_crash() != NULL) {
        reply_crash(kept_last_crash());
    }
}

void command_mark(const command_t *command) {
    const char *number = command->words.count > 1 ? command->words.word[1] : "";
    if (!words_parse_unsigned(number, UINT32_MAX, &mark)) {
        command_refuse_word(command, number);
        return;
    }
    reply_begin("ok");
    reply_unsigned("mark", mark);
    reply_end();
}

void command_reset(const command_t *command) {
    (void)command;
    reply_begin("ok");
    reply_end();
    port_write_drain();
    port_reset();
}
