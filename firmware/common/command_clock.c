/* `clocks`, `clock` and `tick`. */
#include "bench.h"
#include "command.h"
#include "port.h"
#include "reply.h"
#include "timer.h"

#define DESCRIPTION_BYTES 160

/* The setting that the host asked for last; the boot setting until then, and again after a failure. */
static const port_clock_t *selected;

static const port_clock_t *selected_clock(void) {
    uint32_t count;
    return selected != NULL ? selected : port_clocks(&count);
}

static void reply_options(uint32_t options) {
    for (uint32_t i = 0; i < port_option_count; i++) {
        reply_unsigned(port_option_names[i], options >> i & 1);
    }
}

void command_clocks(const command_t *command) {
    (void)command;
    uint32_t count;
    const port_clock_t *clocks = port_clocks(&count);
    for (uint32_t i = 0; i < count; i++) {
        reply_begin("clock");
        reply_string("name", clocks[i].name);
        reply_unsigned("hz", clocks[i].cpu_hz);
        reply_unsigned("overclock", clocks[i].overclock);
        reply_options(clocks[i].options);
        reply_words(clocks[i].details);
        reply_end();
    }
    for (uint32_t i = 0; i < port_option_count; i++) {
        reply_begin("option");
        reply_string("name", port_option_names[i]);
        reply_end();
    }
    reply_begin("ok");
    reply_unsigned("count", count);
    reply_string("selected", selected_clock()->name);
    reply_end();
}

static const port_clock_t *find_clock(const char *name) {
    uint32_t count;
    const port_clock_t *clocks = port_clocks(&count);
    for (uint32_t i = 0; i < count; i++) {
        if (words_equal(name, clocks[i].name)) {
            return &clocks[i];
        }
    }
    return NULL;
}

static bool parse_option(const char *word, uint32_t *options) {
    for (uint32_t i = 0; i < port_option_count; i++) {
        bool on;
        if (words_parse_flag(word, port_option_names[i], &on)) {
            *options = (*options & ~(1u << i)) | (uint32_t)on << i;
            return true;
        }
    }
    return false;
}

static void reply_clock(void) {
    char description[DESCRIPTION_BYTES];
    port_clock_describe(description, sizeof description);
    reply_begin("ok");
    reply_string("name", selected->name);
    reply_unsigned("hz", port_clock_hz());
    reply_options(port_clock_options());
    reply_words(description);
    reply_end();
}

static void apply_clock(const port_clock_t *clock, uint32_t options) {
    const int status = port_clock_apply(clock, options);
    timer_update_clock();
    bench_measure_overhead();
    if (status == PORT_ERROR_TIMEOUT) {
        selected = NULL;
        reply_begin("error clock-failed");
        reply_string("reason", "a ready flag did not come");
        reply_end();
    } else if (status != PORT_OK) {
        command_refuse("options do not go together");
    } else {
        selected = clock;
        reply_clock();
    }
}

void command_clock(const command_t *command) {
    const words_t *words = &command->words;
    const char *name = words->count > 1 ? words->word[1] : "";
    const port_clock_t *clock = find_clock(name);
    if (clock == NULL) {
        command_refuse_word(command, name);
        return;
    }
    uint32_t options = clock->options;
    bool overclock = false;
    for (uint32_t i = 2; i < words->count; i++) {
        if (!words_parse_flag(words->word[i], "overclock", &overclock) && !parse_option(words->word[i], &options)) {
            command_refuse_word(command, words->word[i]);
            return;
        }
    }
    if (clock->overclock && !overclock) {
        command_refuse("overclocked: add overclock=1");
        return;
    }
    apply_clock(clock, options);
}

void command_tick(const command_t *command) {
    reply_begin("ok");
    reply_unsigned("cycles", command->arrival_cycles);
    reply_unsigned("hz", port_clock_hz());
    reply_end();
}
