/* int8 depthwise convolution for the DSP extension, channel by channel.
 *
 * A strip of some output rows is computed at a time. The input rows that it needs are copied to the scratch memory,
 * one plane of int16 per channel with the input's zero point around the image, so that a word holds two neighbours of
 * one channel and SMLAD multiplies both. A channel's weights and factor stay in registers all along a row. The planes of
 * some channels are copied together, because these share the cache lines of the input. */
#include "depthwise.h"
#include "dsp.h"
#include "requantize_dsp.h"

#if MCUBENCH_KERNELS_DSP

#include "strip_3x3.h"

/* What is computed now: rows of a strip, from planes with rows of `pitch` values, with one channel's numbers. */
typedef struct strip {
    const kernels_depthwise_s8_t *conv;
    int32_t first_row;
    int32_t rows;
    int32_t pitch;
    int32_t plane; /* values from plane to plane */
} strip_t;

/* Two values as halfwords of a word. */
static inline uint32_t pack(int32_t low, int32_t high) {
    return dsp_pack((uint32_t)low, (uint32_t)high);
}

/* `count` bytes `step` apart. */
DSP_APART static void widen_row(const int8_t *from, int32_t step, int32_t count, int16_t *to) {
    for (; count > 0; count--) {
        *to++ = *from;
        from += step;
    }
}

/* The same of four neighbouring channels, to four planes of so many values. */
DSP_APART static void widen_four_rows(const int8_t *from, int32_t step, int32_t count, int16_t *to, int32_t plane) {
    int16_t *second = to + plane;
    int16_t *third = second + plane;
    int16_t *fourth = third + plane;
    for (; count >= 2; count -= 2) {
        uint32_t left = dsp_load(from);
        uint32_t right = dsp_load(from + step);
        uint32_t left_even = dsp_sxtb16(left);
        uint32_t right_even = dsp_sxtb16(right);
        uint32_t left_odd = dsp_sxtb16_odd(left);
        uint32_t right_odd = dsp_sxtb16_odd(right);
        from += 2 * step;
        dsp_store(to, dsp_pack(left_even, right_even));
        dsp_store(second, dsp_pack(left_odd, right_odd));
        dsp_store(third, dsp_pack_high(left_even, right_even));
        dsp_store(fourth, dsp_pack_high(left_odd, right_odd));
        to += 2;
        second += 2;
        third += 2;
        fourth += 2;
    }
    if (count > 0) {
        *to = from[0];
        *second = from[1];
        *third = from[2];
        *fourth = from[3];
    }
}

/* Copies `channels` channels from `input`, where the first of them is in the first pixel, into the planes. What lies
 * around the image there is the zero point already. */
static void fill_planes(const strip_t *strip, const int8_t *input, int32_t channels, int16_t *planes) {
    const kernels_window_t *window = &strip->conv->window;
    const int32_t step = window->in_channels;
    const int32_t place = strip->pitch - window->pad_left;
    const int32_t width = place < window->in_width ? place : window->in_width;
    const int32_t rows = (strip->rows - 1) * window->stride_height + window->kernel_height;
    const int32_t plane = strip->plane;
    int32_t y = strip->first_row * window->stride_height - window->pad_top;
    int16_t *to = planes + window->pad_left;
    for (int32_t row = 0; row < rows; row++, y++, to += strip->pitch) {
        if (y < 0 || y >= window->in_height) {
            continue;
        }
        const int8_t *from = input + y * window->in_width * step;
        int32_t c = 0;
        for (; c + 4 <= channels; c += 4) {
            widen_four_rows(from + c, step, width, to + c * plane, plane);
        }
        for (; c < channels; c++) {
            widen_row(from + c, step, width, to + c * plane);
        }
    }
}

/* Eight values at a time, at most six too many. */
static void clear_planes(const strip_t *strip, int16_t *planes) {
    const int32_t zero = strip->conv->input_zero_point;
    const uint32_t word = pack(zero, zero);
    const int16_t *end = planes + strip->conv->strip_channels * strip->plane;
    for (; planes < end; planes += 8) {
        dsp_store(planes, word);
        dsp_store(planes + 2, word);
        dsp_store(planes + 4, word);
        dsp_store(planes + 6, word);
    }
}

static void read_taps_3x3(const int8_t *weights, uint32_t taps[6]) {
    for (int32_t row = 0; row < 3; row++) {
        *taps++ = pack(weights[0], weights[1]);
        *taps++ = pack(weights[1], weights[2]);
        weights += 3;
    }
}

/* `rows` rows of so many pairs from `x` on. */
static inline void compute_rows(strip_3x3_t *loop, const kernels_window_t *window, int32_t rows, int32_t pairs,
                                int32_t plane_step, const int16_t *x, int8_t *output) {
    const int32_t stride = window->stride_width;
    loop->end = x + pairs * 2 * stride;
    loop->end_step = plane_step * 2;
    loop->run_bytes = pairs * 4 * stride;
    loop->to_step = (window->out_width - 2 * pairs) * window->out_channels;
    loop->last = loop->end + (rows - 1) * plane_step;
    if (stride == 1) {
        strip_rows(loop, 1, x, output);
    } else {
        strip_rows(loop, 2, x, output);
    }
}

/* Rows of pairs of pixels. Where their number is odd, the pair at the end has a pixel of the next row too, which that row
 * writes again; on the last row of all it begins a pixel earlier instead. */
DSP_APART static void compute_channel_3x3(const strip_t *strip, const int16_t *plane, const int8_t *weights,
                                const kernels_channel_t *channel, int8_t *output) {
    const kernels_window_t *window = &strip->conv->window;
    const int32_t stride = window->stride_width;
    const int32_t width = window->out_width;
    const int32_t plane_step = window->stride_height * strip->pitch;
    const requantize_factor_t factor = requantize_factor(channel, strip->conv->output.zero_point);
    strip_3x3_t loop = {
        .bias = channel->bias,
        .multiplier = factor.multiplier,
        .right = factor.right,
        .addend = factor.addend,
        .channels = window->out_channels,
        .row_bytes = strip->pitch * 2,
    };
    const bool is_last_apart = strip->first_row + strip->rows == window->out_height && width % 2 != 0;
    const int32_t rows = strip->rows - is_last_apart;
    read_taps_3x3(weights, loop.taps);
    if (rows > 0) {
        compute_rows(&loop, window, rows, (width + 1) / 2, plane_step, plane, output);
    }
    if (is_last_apart) {
        const int32_t behind = width - 2;
        plane += rows * plane_step;
        output += rows * width * window->out_channels;
        compute_rows(&loop, window, 1, width / 2, plane_step, plane, output);
        compute_rows(&loop, window, 1, 1, plane_step, plane + behind * stride, output + behind * window->out_channels);
    }
}

/* A window of any size: rows of pairs of taps, the last one with a zero if their number is odd. */
static void read_taps(const kernels_window_t *window, const int8_t *weights, uint32_t *pairs) {
    for (int32_t row = 0; row < window->kernel_height; row++) {
        int32_t tap = 0;
        for (; tap + 2 <= window->kernel_width; tap += 2) {
            *pairs++ = pack(weights[0], weights[1]);
            weights += 2;
        }
        if (tap < window->kernel_width) {
            *pairs++ = pack(*weights++, 0);
        }
    }
}

/* Two pixels `step` values apart, whose windows have rows of so many pairs. */
static inline void sum_two(const int16_t *x, int32_t step, const strip_t *strip, int32_t row_pairs,
                           const uint32_t *pairs, int32_t sums[2]) {
    const int32_t pitch = strip->pitch;
    const uint32_t *end = pairs + strip->conv->window.kernel_height * row_pairs;
    while (pairs != end) {
        for (int32_t pair = 0; pair < row_pairs; pair++) {
            const uint32_t weights = pairs[pair];
            sums[0] = dsp_smlad(dsp_load(x + 2 * pair), weights, sums[0]);
            sums[1] = dsp_smlad(dsp_load(x + 2 * pair + step), weights, sums[1]);
        }
        pairs += row_pairs;
        x += pitch;
    }
}

/* The same for the usual widths, whose rows the compiler writes out. */
static void sum_two_of_any(const int16_t *x, int32_t step, const strip_t *strip, const uint32_t *pairs,
                           int32_t sums[2]) {
    const int32_t row_pairs = (strip->conv->window.kernel_width + 1) / 2;
    switch (row_pairs) {
    case 1:
        sum_two(x, step, strip, 1, pairs, sums);
        break;
    case 2:
        sum_two(x, step, strip, 2, pairs, sums);
        break;
    case 3:
        sum_two(x, step, strip, 3, pairs, sums);
        break;
    default:
        sum_two(x, step, strip, row_pairs, pairs, sums);
        break;
    }
}

DSP_APART static void compute_channel(const strip_t *strip, const int16_t *plane, const int8_t *weights,
                            const kernels_channel_t *channel, int8_t *output, uint32_t *pairs) {
    const kernels_window_t *window = &strip->conv->window;
    const requantize_factor_t factor = requantize_factor(channel, strip->conv->output.zero_point);
    read_taps(window, weights, pairs);
    for (int32_t row = 0; row < strip->rows; row++) {
        const int16_t *x = plane;
        for (int32_t left = window->out_width; left > 0; left -= 2) {
            int32_t sums[2] = {channel->bias, channel->bias};
            /* A last pixel without a neighbour is computed twice. */
            sum_two_of_any(x, left > 1 ? window->stride_width : 0, strip, pairs, sums);
            *output = (int8_t)requantize_right(sums[0], &factor);
            output += window->out_channels;
            if (left > 1) {
                *output = (int8_t)requantize_right(sums[1], &factor);
                output += window->out_channels;
            }
            x += 2 * window->stride_width;
        }
        plane += window->stride_height * strip->pitch;
    }
}

static void compute_strip(const strip_t *strip, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_depthwise_s8_t *conv = strip->conv;
    const kernels_window_t *window = &conv->window;
    const int32_t taps = window->kernel_height * window->kernel_width;
    const bool is_3x3 =
        window->kernel_height == 3 && window->kernel_width == 3 && window->stride_width <= 2 && window->out_width > 1;
    const kernels_channel_t *channel = conv->channels;
    const int8_t *weights = conv->weights;
    uint32_t *pairs = scratch;
    int16_t *planes = (int16_t *)(pairs + window->kernel_height * ((window->kernel_width + 1) / 2));
    if (strip->first_row == 0 || strip->first_row + strip->rows == window->out_height) {
        clear_planes(strip, planes);
    }
    for (int32_t c = 0; c < window->in_channels; c += conv->strip_channels) {
        const int32_t left = window->in_channels - c;
        const int32_t count = left < conv->strip_channels ? left : conv->strip_channels;
        fill_planes(strip, input + c, count, planes);
        for (int32_t i = 0; i < count * conv->multiplier; i++) {
            const int32_t place = conv->multiplier == 1 ? i : i / conv->multiplier;
            const int16_t *plane = planes + place * strip->plane;
            if (is_3x3) {
                compute_channel_3x3(strip, plane, weights, channel, output);
            } else {
                compute_channel(strip, plane, weights, channel, output, pairs);
            }
            weights += taps;
            channel++;
            output++;
        }
    }
}

bool depthwise_has_strips(const kernels_depthwise_s8_t *conv) {
    const kernels_window_t *window = &conv->window;
    for (int32_t c = 0; c < window->out_channels; c++) {
        if (conv->channels[c].shift >= 0) {
            return false;
        }
    }
    return window->dilation_height == 1 && window->dilation_width == 1;
}

void depthwise_by_strips(const kernels_depthwise_s8_t *conv, const int8_t *input, int8_t *output, void *scratch) {
    const kernels_window_t *window = &conv->window;
    const int32_t row_bytes = window->out_width * window->out_channels;
    strip_t strip = {.conv = conv};
    /* One value more than the windows need, for the zero behind an odd number of taps. */
    strip.pitch = ((window->out_width - 1) * window->stride_width + window->kernel_width + 1) & ~1;
    strip.plane = ((conv->strip_rows - 1) * window->stride_height + window->kernel_height) * strip.pitch;
    for (; strip.first_row < window->out_height; strip.first_row += conv->strip_rows) {
        const int32_t rows = window->out_height - strip.first_row;
        strip.rows = rows < conv->strip_rows ? rows : conv->strip_rows;
        compute_strip(&strip, input, output + strip.first_row * row_bytes, scratch);
    }
    if (!requantize_is_whole(&conv->output)) {
        requantize_limit(&conv->output, window->out_height * row_bytes, output);
    }
}

#endif
