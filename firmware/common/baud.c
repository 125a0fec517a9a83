#include "baud.h"

#include "command.h"
#include "port.h"
#include "reply.h"

#define TOLERANCE 40 /* a rate may be off by this part of it, 2.5 %: a receiver samples within the last bit still */

static uint32_t now;
static uint32_t deaf_bytes;

void baud_start(void) {
    now = port_baud_boot;
    deaf_bytes = 0;
}

uint32_t baud_now(void) {
    return now;
}

static void set(uint32_t baud) {
    port_write_drain();
    port_baud_set(baud);
    now = baud;
    deaf_bytes = 0;
}

void baud_count_bytes(uint32_t bytes) {
    deaf_bytes += bytes;
    /* So many without sense, more than a window: the host is not at our rate, or not any more. */
    if (deaf_bytes >= port_rx_ring_bytes && now != port_baud_boot) {
        set(port_baud_boot);
    }
}

void baud_understood(void) {
    deaf_bytes = 0;
}

void command_baud(const command_t *command) {
    const char *rate = command->words.count > 1 ? command->words.word[1] : "";
    uint32_t asked;
    if (!words_parse_unsigned(rate, UINT32_MAX, &asked)) {
        command_refuse_word(command, rate);
        return;
    }
    const uint32_t nearest = port_baud_max != 0 && asked != 0 ? port_baud_nearest(asked) : 0;
    const uint32_t off = nearest > asked ? nearest - asked : asked - nearest;
    if (nearest == 0 || off > asked / TOLERANCE) {
        command_refuse("the line cannot be that fast or that slow");
        return;
    }
    reply_begin("ok");
    reply_unsigned("baud", nearest);
    reply_end();
    set(nearest);
}
