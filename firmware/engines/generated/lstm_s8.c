/* UNIDIRECTIONAL_SEQUENCE_LSTM with int8 activations and an int16 cell state (google-ai-edge/LiteRT,
 * tflite/kernels/lstm_eval.cc, LstmStepInteger8x8_16). */
#include <string.h>

#include "dot.h"
#include "fixed_s16.h"
#include "requantize.h"

enum { GATE_INTEGER_BITS = 3 };

/* What a gate's function is of, for one unit, in Q3.12. */
static int16_t run_gate(const kernels_lstm_s8_t *lstm, const kernels_gate_s8_t *gate, int32_t unit,
                        const int8_t *input, const int8_t *hidden) {
    const int8_t *weights = gate->input_weights + unit * lstm->inputs;
    int32_t value = dot_s8(weights, input, lstm->inputs, gate->input_offsets[unit]);
    int16_t sum = fixed_s16_saturate(requantize_scale(value, gate->input_multiplier, gate->input_shift));
    weights = gate->recurrent_weights + unit * lstm->units;
    value = dot_s8(weights, hidden, lstm->units, gate->recurrent_offsets[unit]);
    return fixed_s16_saturate(requantize_scale(value, gate->recurrent_multiplier, gate->recurrent_shift) + sum);
}

/* Brings a cell to its next state. */
static int16_t update_cell(const kernels_lstm_s8_t *lstm, int32_t unit, const int8_t *input, const int8_t *hidden,
                           int16_t cell) {
    int32_t in = fixed_s16_logistic(run_gate(lstm, &lstm->input, unit, input, hidden), GATE_INTEGER_BITS);
    int32_t forget = fixed_s16_logistic(run_gate(lstm, &lstm->forget, unit, input, hidden), GATE_INTEGER_BITS);
    int32_t news = fixed_s16_tanh(run_gate(lstm, &lstm->cell, unit, input, hidden), GATE_INTEGER_BITS);
    /* Products have 30 fraction bits, the cell has 15 - cell_integer_bits. */
    int32_t kept = (int16_t)requantize_divide(forget * cell, 15);
    int32_t added = (int16_t)requantize_divide(in * news, 15 + lstm->cell_integer_bits);
    int32_t value = fixed_s16_saturate(kept + added);
    if (lstm->cell_clip > 0) {
        value = value > lstm->cell_clip ? lstm->cell_clip : value;
        value = value < -lstm->cell_clip ? -lstm->cell_clip : value;
    }
    return (int16_t)value;
}

static int8_t run_unit(const kernels_lstm_s8_t *lstm, int32_t unit, const int8_t *input, const int8_t *hidden,
                       int16_t *cell) {
    *cell = update_cell(lstm, unit, input, hidden, *cell);
    int32_t out = fixed_s16_logistic(run_gate(lstm, &lstm->output, unit, input, hidden), GATE_INTEGER_BITS);
    int32_t value = out * fixed_s16_tanh(*cell, lstm->cell_integer_bits);
    value = requantize_scale(value, lstm->hidden_multiplier, lstm->hidden_shift) + lstm->hidden_zero_point;
    value = value < INT8_MIN ? INT8_MIN : value;
    return (int8_t)(value > INT8_MAX ? INT8_MAX : value);
}

void kernels_lstm_s8(const kernels_lstm_s8_t *lstm, const int8_t *input, int8_t *output, int8_t *hidden,
                     int16_t *cells) {
    for (int32_t step = 0; step < lstm->steps; step++) {
        for (int32_t unit = 0; unit < lstm->units; unit++) {
            output[unit] = run_unit(lstm, unit, input, hidden, &cells[unit]);
        }
        memcpy(hidden, output, (size_t)lstm->units);
        input += lstm->inputs;
        output += lstm->units;
    }
}
