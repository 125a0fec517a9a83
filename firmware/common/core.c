#include "core.h"

#include "baud.h"
#include "bench.h"
#include "boot.h"
#include "command.h"
#include "port.h"
#include "reply.h"
#include "splitter.h"
#include "stream.h"
#include "timer.h"

/* To a virtual board three like reads of a register within 1500 cycles are waiting; taking so many bytes is longer. */
#define READ_BYTES 1024
#define SILENCE_MS 250
#define PAUSE_MS 5
#define ERROR_BYTES 64

static splitter_t splitter;
static uint32_t noise_lines;
static uint32_t heard_at; /* the counter when the last received byte had been handled */
static uint32_t errors_before; /* port_overruns() when it was looked at last */

uint32_t core_noise_lines(void) {
    return noise_lines;
}

void core_start(void) {
    timer_update_clock();
    bench_measure_overhead();
    splitter_reset(&splitter);
    baud_start();
    boot_announce();
}

static void refuse_long_line(void) {
    reply_use_no_trailer();
    command_fail("too-long");
}

static void handle_line(uint32_t arrival_cycles) {
    stream_flush();
    if (command_execute((char *)splitter.data, splitter.event_size, arrival_cycles,
                        splitter.data + SPLITTER_SPARE_OFFSET, sizeof splitter.data - SPLITTER_SPARE_OFFSET)) {
        baud_understood();
    }
}

static void handle_frame(void) {
    const uint32_t errors = stream_crc_errors();
    stream_handle_body(splitter.data, splitter.event_size);
    if (stream_crc_errors() == errors) {
        baud_understood();
    }
}

static void handle_byte(uint8_t byte) {
    switch (splitter_push(&splitter, byte)) {
    case SPLITTER_NOTHING:
        break;
    case SPLITTER_LINE:
        handle_line(port_cycles());
        break;
    case SPLITTER_LINE_NOISE:
        noise_lines++;
        break;
    case SPLITTER_LINE_TOO_LONG:
        refuse_long_line();
        break;
    case SPLITTER_FRAME:
        handle_frame();
        break;
    case SPLITTER_FRAME_TOO_LONG:
        stream_drop_body();
        break;
    }
}

/* Between the bytes of a line that is busy results wait for others; after a pause nothing more is to be expected. After a
 * frame that was cut off a person may want to type. */
static void handle_silence(void) {
    if (timer_has_passed(heard_at, PAUSE_MS)) {
        stream_flush();
    }
    if (splitter.state != SPLITTER_IN_TEXT && timer_has_passed(heard_at, SILENCE_MS)) {
        splitter_reset(&splitter);
    }
}

/* What is received with an error may be lost, and with it what came while a port started reception anew. */
static void count_errors(void) {
    const uint32_t errors = port_overruns();
    baud_count_bytes((errors - errors_before) * ERROR_BYTES);
    errors_before = errors;
}

void core_poll(void) {
    static uint8_t bytes[READ_BYTES] __attribute__((section(".bss.hold"))); /* beside what else the line needs */
    const size_t size = port_read(bytes, sizeof bytes);
    port_watchdog_kick();
    count_errors();
    if (size == 0) {
        handle_silence();
        return;
    }
    for (size_t i = 0; i < size;) {
        /* At the line's highest rate there are 1000 cycles for a byte, of which most are for the models. */
        const size_t in_body = splitter_push_body(&splitter, bytes + i, size - i);
        baud_count_bytes(in_body);
        i += in_body;
        if (i < size) {
            baud_count_bytes(1);
            handle_byte(bytes[i++]);
        }
    }
    stream_poll();
    heard_at = port_cycles();
}
