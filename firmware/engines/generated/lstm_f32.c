/* UNIDIRECTIONAL_SEQUENCE_LSTM in float32. */
#include <math.h>
#include <string.h>

#include "dot.h"
#include "kernels.h"

static float run_gate(const kernels_lstm_f32_t *lstm, const kernels_gate_f32_t *gate, int32_t unit, const float *input,
                      const float *hidden) {
    float sum = dot_f32(gate->input_weights + unit * lstm->inputs, input, lstm->inputs, gate->bias[unit]);
    return dot_f32(gate->recurrent_weights + unit * lstm->units, hidden, lstm->units, sum);
}

static float logistic(float value) {
    return 1.0f / (1.0f + expf(-value));
}

static float run_unit(const kernels_lstm_f32_t *lstm, int32_t unit, const float *input, const float *hidden,
                      float *cell) {
    float in = logistic(run_gate(lstm, &lstm->input, unit, input, hidden));
    float forget = logistic(run_gate(lstm, &lstm->forget, unit, input, hidden));
    float news = tanhf(run_gate(lstm, &lstm->cell, unit, input, hidden));
    float value = forget * *cell + in * news;
    if (lstm->cell_clip > 0.0f) {
        value = value > lstm->cell_clip ? lstm->cell_clip : value;
        value = value < -lstm->cell_clip ? -lstm->cell_clip : value;
    }
    *cell = value;
    return logistic(run_gate(lstm, &lstm->output, unit, input, hidden)) * tanhf(value);
}

void kernels_lstm_f32(const kernels_lstm_f32_t *lstm, const float *input, float *output, float *hidden, float *cells) {
    for (int32_t step = 0; step < lstm->steps; step++) {
        for (int32_t unit = 0; unit < lstm->units; unit++) {
            output[unit] = run_unit(lstm, unit, input, hidden, &cells[unit]);
        }
        memcpy(hidden, output, (size_t)lstm->units * sizeof(*hidden));
        input += lstm->inputs;
        output += lstm->units;
    }
}
