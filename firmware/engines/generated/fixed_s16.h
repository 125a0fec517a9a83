/* Functions of 16-bit fixed-point numbers, as the integer LSTM of the reference kernels computes them. */
#ifndef MCUBENCH_FIXED_S16_H
#define MCUBENCH_FIXED_S16_H

#include <stdint.h>

/* `x` has 15 - integer_bits fraction bits, the results 15; 1.0 is 32767. */
int16_t fixed_s16_logistic(int16_t x, int32_t integer_bits);
int16_t fixed_s16_tanh(int16_t x, int32_t integer_bits); /* integer_bits <= 6 */

/* The integer of 16 bits that is nearest. */
static inline int16_t fixed_s16_saturate(int32_t value) {
    value = value < INT16_MIN ? INT16_MIN : value;
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value);
}

#endif
