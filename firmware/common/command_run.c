/* `run` and `layers`: inferences with nothing moving on the wire. */
#include "bench.h"
#include "command.h"
#include "crc32.h"
#include "port.h"
#include "reply.h"
#include "session.h"

#define RUN_COUNT_MAX 1000
#define CYCLES_PER_LINE 8

typedef struct run {
    uint32_t count;
    bool cold;
    uint32_t input_crc;
    uint32_t output_crc; /* of the last inference */
    /* If all were the same, so are these two. Comparing each with the one before would take another way the first time,
     * which shows in the cycles of the next sample (10 of 2,795,173 on a modelled core). */
    uint32_t output_crcs_or;
    uint32_t output_crcs_and;
} run_t;

/* Answers for a bench status that is not good. */
static void fail(int status) {
    if (status == BENCH_COUNTER_STUCK) {
        command_fail("counter-stuck");
    } else {
        command_fail_engine(status);
    }
}

static uint32_t output_crc(void) {
    return crc32(engine_output(), session_model()->output_bytes);
}

static int run_once(run_t *run, uint32_t *cycles) {
    run->input_crc = session_vector_load();
    port_write_drain();
    if (run->cold) {
        port_caches_flush();
    }
    const int status = bench_invoke(cycles);
    if (status != ENGINE_OK) {
        return status;
    }
    run->output_crc = output_crc();
    run->output_crcs_or |= run->output_crc;
    run->output_crcs_and &= run->output_crc;
    return ENGINE_OK;
}

/* What the board did before must not be seen in the samples: one inference that is not counted brings caches and branch
 * predictors into the state that each sample leaves to the next. With `cold` every sample sees to its own state. */
static int run_samples(run_t *run, uint32_t *cycles, uint32_t count) {
    int status = ENGINE_OK;
    for (uint32_t i = run->cold; status == ENGINE_OK && i <= count; i++) {
        status = run_once(run, &cycles[i == 0 ? 0 : i - 1]);
    }
    return status;
}

static void reply_samples(uint32_t first, const uint32_t *cycles, uint32_t count) {
    reply_begin("cycles");
    reply_unsigned("first", first);
    reply_unsigned_list("values", cycles, count);
    reply_end();
}

/* Samples leave the board a line at a time, between timed windows, so that no memory for all of them is needed. */
static int run_all(run_t *run) {
    uint32_t cycles[CYCLES_PER_LINE];
    int status = ENGINE_OK;
    for (uint32_t first = 0; status == ENGINE_OK && first < run->count; first += CYCLES_PER_LINE) {
        const uint32_t left = run->count - first;
        const uint32_t count = left < CYCLES_PER_LINE ? left : CYCLES_PER_LINE;
        status = run_samples(run, cycles, count);
        if (status == ENGINE_OK) {
            reply_samples(first, cycles, count);
        }
    }
    return status;
}

static void reply_run(const run_t *run) {
    reply_begin("ok");
    reply_unsigned("n", run->count);
    reply_string("model", session_model()->name);
    reply_unsigned("cold", run->cold);
    reply_unsigned("overhead_cycles", bench_overhead_cycles());
    reply_hex32("input_crc32", run->input_crc);
    reply_hex32("output_crc32", run->output_crc);
    reply_unsigned("stable", run->output_crcs_or == run->output_crcs_and);
    reply_end();
}

void command_run(const command_t *command) {
    const words_t *words = &command->words;
    const char *count = words->count > 1 ? words->word[1] : "";
    run_t run = {.output_crcs_and = UINT32_MAX};
    if (!words_parse_unsigned(count, RUN_COUNT_MAX, &run.count) || run.count == 0) {
        command_refuse_word(command, count);
        return;
    }
    if (words->count > 2 && !words_parse_flag(words->word[2], "cold", &run.cold)) {
        command_refuse_word(command, words->word[2]);
        return;
    }
    if (session_model() == NULL) {
        command_fail("no-model");
        return;
    }
    const int status = run_all(&run);
    if (status != ENGINE_OK) {
        fail(status);
        return;
    }
    reply_run(&run);
}

static void reply_layers(const bench_pass_t *pass, uint32_t window_cycles) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < pass->count; i++) {
        reply_begin("layer");
        reply_unsigned("index", i);
        reply_string("op", pass->layers[i].op);
        reply_unsigned("cycles", pass->layers[i].cycles);
        reply_end();
        sum += pass->layers[i].cycles;
    }
    reply_begin("ok");
    reply_unsigned("layers", pass->count);
    reply_unsigned("window_cycles", window_cycles);
    reply_unsigned("sum_cycles", sum);
    reply_hex32("output_crc32", output_crc());
    reply_end();
}

void command_layers(const command_t *command) {
    bench_pass_t pass = {
        .layers = command->spare,
        .capacity = (uint32_t)(command->spare_bytes / sizeof(bench_layer_t)),
    };
    uint32_t cycles;
    if (session_model() == NULL) {
        command_fail("no-model");
        return;
    }
    if (session_model()->layer_count > pass.capacity) {
        command_refuse("too many layers");
        return;
    }
    /* As with `run`, the first pass is not counted. */
    int status = ENGINE_OK;
    for (unsigned i = 0; status == ENGINE_OK && i < 2; i++) {
        session_vector_load();
        port_write_drain();
        status = bench_invoke_marked(&pass, &cycles);
    }
    if (status != ENGINE_OK) {
        fail(status);
        return;
    }
    reply_layers(&pass, cycles);
}
