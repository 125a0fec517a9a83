/* The line as the field's standard runner uses it, to compare with: `make bench`, docs/line.md.
 *
 * Commands end in '%'. Each is answered with text that ends in m-ready, and the host waits for that before the next one:
 * `db load N`, then `db` with up to 31 bytes as hex digits, until m-load-done; `infer 1 0` (one inference, no warm-up)
 * answers with the results as decimals. That is the interface of EEMBC's EnergyRunner and of MLPerf Tiny
 * (github.com/mlcommons/tiny: benchmark/runner/device_under_test.py is the host, benchmark/api/internally_implemented.cpp
 * the device). `model`, `clock` and `baud` are ours, because there each is a build of its own. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "port.h"

#define COMMAND_BYTES 80
#define READ_BYTES 128

static char command[COMMAND_BYTES + 1];
static size_t command_size;
static const engine_model_t *model;
static size_t load_size, loaded; /* of the vector in engine_staging */

static void put(const char *text) {
    port_write((const uint8_t *)text, strlen(text));
}

static void put_number(uint32_t value, unsigned least_digits) {
    char digits[11];
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    for (unsigned count = 0; value > 0 || count < least_digits; count++) {
        *--first = (char)('0' + value % 10);
        value /= 10;
    }
    put(first);
}

static void timestamp(void) {
    put("m-lap-us-");
    put_number(port_cycles() / (port_clock_hz() / 1000000), 1);
    put("\r\n");
}

/* As of a softmax with the scale 1/256 and the zero point -128, to three decimals. */
static void results(void) {
    put("m-results-[");
    for (uint32_t i = 0; i < model->output_bytes; i++) {
        const int32_t level = (int8_t)engine_output()[i] + 128;
        put(i == 0 ? "0." : ",0.");
        put_number((uint32_t)level * 1000 / 256, 3);
    }
    put("]\r\n");
}

static void infer(void) {
    memcpy(engine_input(), engine_staging, model->input_bytes);
    put("m-warmup-start-0\r\nm-warmup-done\r\nm-infer-start-1\r\n");
    timestamp();
    (void)engine_invoke();
    timestamp();
    put("m-infer-done\r\n");
    results();
}

static void select_model(unsigned long index) {
    if (index < engine_model_count() && engine_open((uint32_t)index, ENGINE_ARENA_ALL) == ENGINE_OK) {
        model = engine_model((uint32_t)index);
        loaded = load_size = 0;
    }
}

static void apply_clock(const char *name) {
    uint32_t count;
    const port_clock_t *clocks = port_clocks(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(clocks[i].name, name) == 0) {
            (void)port_clock_apply(&clocks[i], clocks[i].options);
        }
    }
}

static void load(const char *digits) {
    for (; digits[0] != '\0' && digits[1] != '\0' && loaded < load_size; digits += 2) {
        const char pair[] = {digits[0], digits[1], '\0'};
        engine_staging[loaded++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    if (loaded == load_size) {
        put("m-load-done\r\n");
    }
}

static void start_load(size_t size) {
    load_size = size <= model->input_bytes ? size : 0;
    loaded = 0;
    put("m-[Expecting ");
    put_number((uint32_t)load_size, 1);
    put(" bytes]\r\n");
}

/* Returns what follows `prefix` in the command, NULL if it begins otherwise. */
static const char *after(const char *prefix) {
    const size_t size = strlen(prefix);
    return strncmp(command, prefix, size) == 0 ? command + size : NULL;
}

static void execute(void) {
    const char *rest;
    unsigned long new_baud = 0;
    if ((rest = after("db load ")) != NULL) {
        start_load(strtoul(rest, NULL, 10));
    } else if ((rest = after("db ")) != NULL) {
        load(rest);
    } else if (after("infer 1 0") != NULL) {
        infer();
    } else if (after("timestamp") != NULL) {
        timestamp();
    } else if ((rest = after("model ")) != NULL) {
        select_model(strtoul(rest, NULL, 10));
    } else if ((rest = after("clock ")) != NULL) {
        apply_clock(rest);
    } else if ((rest = after("baud ")) != NULL) {
        new_baud = strtoul(rest, NULL, 10);
    } else {
        put("e-[Unknown command]\r\n");
    }
    put("m-ready\r\n");
    if (new_baud != 0) {
        port_write_drain();
        port_baud_set((uint32_t)new_baud);
    }
}

static void take(char byte) {
    if (byte != '%') {
        command[command_size] = byte;
        command_size += command_size < COMMAND_BYTES;
        return;
    }
    command[command_size] = '\0';
    command_size = 0;
    execute();
}

int main(void) {
    port_init();
    select_model(0);
    put("m-init-done\r\nm-ready\r\n");
    for (;;) {
        uint8_t bytes[READ_BYTES];
        const size_t size = port_read(bytes, sizeof bytes);
        for (size_t i = 0; i < size; i++) {
            take((char)bytes[i]);
        }
        port_watchdog_kick();
    }
}
