/* `info`: who the board is. */
#include "baud.h"
#include "boot.h"
#include "command.h"
#include "core.h"
#include "engine.h"
#include "port.h"
#include "reply.h"
#include "stream.h"

#define UID_BYTES_MAX 16

/* Given by the build as -D strings, percent-encoded. */
#ifndef MCUBENCH_BUILD_ID
#define MCUBENCH_BUILD_ID "unknown"
#endif
#ifndef MCUBENCH_TOOLCHAIN
#define MCUBENCH_TOOLCHAIN "unknown"
#endif
#ifndef MCUBENCH_FLAGS
#define MCUBENCH_FLAGS "unknown"
#endif

/* What tells tools which board and build an image is, and keeps them from loading one into another board: in flash, with
 * a NUL at its end. `info` takes the build from here, so that no linker drops it. */
#define MARK_BEFORE_BUILD "mcubench-image board=" PORT_BOARD_NAME " build="
extern const char image_mark[];
const char image_mark[] = MARK_BEFORE_BUILD MCUBENCH_BUILD_ID;

static void reply_board(void) {
    uint8_t uid[UID_BYTES_MAX];
    reply_begin("board");
    reply_string("name", PORT_BOARD_NAME);
    reply_string("core", port_core_name());
    reply_hex_bytes("uid", uid, port_uid(uid, sizeof uid));
    reply_unsigned("port_version", PORT_VERSION);
    reply_unsigned("counts_time", port_counts_time);
    reply_end();
}

static void reply_build(void) {
    reply_begin("build");
    reply_string("id", &image_mark[sizeof MARK_BEFORE_BUILD - 1]);
    reply_words("toolchain=" MCUBENCH_TOOLCHAIN " flags=" MCUBENCH_FLAGS);
    reply_end();
    reply_begin("engine");
    reply_string("name", engine_name);
    reply_string("version", engine_version);
    reply_string("kernels", engine_kernels);
    reply_end();
}

static void reply_link(void) {
    reply_begin("link");
    reply_unsigned("window", stream_window_bytes());
    reply_unsigned("frame", stream_frame_bytes());
    reply_unsigned("hold", stream_hold_bytes());
    reply_unsigned("grain", stream_grain_bytes());
    reply_unsigned("baud", baud_now());
    if (port_baud_max != 0) {
        reply_unsigned("baud_max", port_baud_max);
    }
    reply_unsigned("noise", core_noise_lines());
    reply_unsigned("crc_errors", stream_crc_errors());
    reply_unsigned("overruns", port_overruns());
    reply_end();
}

/* The stack grows down over the paint of the start-up code; the lowest word that lost its paint is the deepest use. */
static uint32_t stack_used_bytes(const port_memory_t *memory) {
    const uint32_t *word = memory->stack_low;
    while (word < memory->stack_high && *word == PORT_STACK_PAINT) {
        word++;
    }
    return (uint32_t)((memory->stack_high - word) * sizeof *word);
}

/* What the image holds besides engine and models. A port that knows the engine's size has a linker script that knows the
 * models' too. */
static uint32_t flash_harness_bytes(const port_memory_t *memory) {
    uint32_t bytes = memory->flash_image_bytes - memory->flash_engine_bytes;
    if (memory->flash_engine_bytes == PORT_UNKNOWN) {
        return PORT_UNKNOWN;
    }
    for (uint32_t i = 0; i < engine_model_count(); i++) {
        bytes -= engine_model(i)->flash_bytes;
    }
    return bytes;
}

static void reply_memory(void) {
    port_memory_t memory;
    port_memory(&memory);
    reply_begin("memory");
    reply_known("flash_image_bytes", memory.flash_image_bytes);
    reply_known("flash_engine_bytes", memory.flash_engine_bytes);
    reply_known("flash_harness_bytes", flash_harness_bytes(&memory));
    reply_known("ram_static_bytes", memory.ram_static_bytes);
    reply_unsigned("rx_ring_bytes", port_rx_ring_bytes);
    reply_unsigned("stack_bytes", (uint32_t)((memory.stack_high - memory.stack_low) * sizeof *memory.stack_low));
    reply_unsigned("stack_used_bytes", stack_used_bytes(&memory));
    reply_end();
}

void command_info(const command_t *command) {
    (void)command;
    reply_board();
    reply_build();
    reply_link();
    reply_memory();
    boot_reply();
    reply_begin("ok");
    reply_unsigned("protocol", CORE_PROTOCOL_VERSION);
    reply_end();
}
