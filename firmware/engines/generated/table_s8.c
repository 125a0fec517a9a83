/* Any function of one int8 value. */
#include "kernels_elementwise.h"
#include "lanes.h"

#if MCUBENCH_KERNELS_DSP

/* What whole words hold; returns how much that is. No store stands between the four look-ups of a word. */
static int32_t look_up_words(const int8_t *zero, int32_t count, const int8_t *input, int8_t *output) {
    int32_t done = 0;
    for (; done + 4 <= count; done += 4) {
        uint32_t from = dsp_load(input + done);
        uint32_t to = 0;
        for (uint32_t lane = 0; lane < 4; lane++) {
            to |= (uint32_t)(uint8_t)zero[lanes_get(from, lane)] << (8 * lane);
        }
        dsp_store(output + done, to);
    }
    return done;
}

#endif

void kernels_table_s8(const kernels_table_s8_t *table, const int8_t *input, int8_t *output) {
    const int8_t *zero = table->table - INT8_MIN;
    const int32_t count = table->count;
    int32_t done = 0;
#if MCUBENCH_KERNELS_DSP
    done = look_up_words(zero, count, input, output);
#endif
    for (; done < count; done++) {
        output[done] = zero[input[done]];
    }
}
