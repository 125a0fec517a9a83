/* Layers that remember: what they read and write beside input and output is their state. */
#ifndef MCUBENCH_KERNELS_RECURRENT_H
#define MCUBENCH_KERNELS_RECURRENT_H

#include <stdint.h>

/* A filter weighs the input into one number, and a unit weighs the last `memory` numbers of its `rank` filters. */
typedef struct kernels_svdf_s8 {
    const int8_t *features; /* [units x rank][inputs] */
    const int32_t *offsets; /* [units x rank]: minus input zero point x sum of the filter's weights */
    const int16_t *times;   /* [units x rank][memory] */
    const int32_t *bias;    /* [units] */
    int32_t units;
    int32_t rank;
    int32_t inputs;
    int32_t memory;
    int32_t feature_multiplier; /* from a filter's sum to the state; 31-bit significands of the reference */
    int32_t feature_shift;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t output_zero_point;
} kernels_svdf_s8_t;

typedef struct kernels_svdf_f32 {
    const float *features;
    const float *times;
    const float *bias;
    int32_t units;
    int32_t rank;
    int32_t inputs;
    int32_t memory;
    float min;
    float max;
} kernels_svdf_f32_t;

/* One of the four gates of an LSTM. The offsets are those of the zero points, the bias included. */
typedef struct kernels_gate_s8 {
    const int8_t *input_weights;      /* [units][inputs] */
    const int8_t *recurrent_weights;  /* [units][units] */
    const int32_t *input_offsets;     /* [units] */
    const int32_t *recurrent_offsets; /* [units] */
    int32_t input_multiplier;         /* to Q3.12; 31-bit significands of the reference */
    int32_t input_shift;
    int32_t recurrent_multiplier;
    int32_t recurrent_shift;
} kernels_gate_s8_t;

typedef struct kernels_lstm_s8 {
    kernels_gate_s8_t input;
    kernels_gate_s8_t forget;
    kernels_gate_s8_t cell;
    kernels_gate_s8_t output;
    int32_t steps;
    int32_t inputs;
    int32_t units;
    int32_t cell_integer_bits; /* the cell state is a fraction of 2^this */
    int32_t cell_clip;         /* 0: none */
    int32_t hidden_multiplier;
    int32_t hidden_shift;
    int32_t hidden_zero_point;
} kernels_lstm_s8_t;

typedef struct kernels_gate_f32 {
    const float *input_weights;
    const float *recurrent_weights;
    const float *bias; /* [units] */
} kernels_gate_f32_t;

typedef struct kernels_lstm_f32 {
    kernels_gate_f32_t input;
    kernels_gate_f32_t forget;
    kernels_gate_f32_t cell;
    kernels_gate_f32_t output;
    int32_t steps;
    int32_t inputs;
    int32_t units;
    float cell_clip; /* 0: none */
} kernels_lstm_f32_t;

/* `state` is [units x rank][memory], the newest number last. */
void kernels_svdf_s8(const kernels_svdf_s8_t *svdf, const int8_t *input, int8_t *output, int16_t *state);
void kernels_svdf_f32(const kernels_svdf_f32_t *svdf, const float *input, float *output, float *state);

/* `hidden` is the output of the last step, `cells` the state of the cells; both [units]. */
void kernels_lstm_s8(const kernels_lstm_s8_t *lstm, const int8_t *input, int8_t *output, int8_t *hidden,
                     int16_t *cells);
void kernels_lstm_f32(const kernels_lstm_f32_t *lstm, const float *input, float *output, float *hidden, float *cells);

#endif
