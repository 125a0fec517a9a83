#include "gather.h"

#include <string.h>

#include "dsp.h"

/* A word may lie anywhere (ACLE) but on a Cortex-M0, where memcpy of four bytes from an unknown address is a call. */
#ifdef __ARM_FEATURE_UNALIGNED

static inline bool are_words(const uint8_t *to, const uint8_t *from) {
    (void)to;
    (void)from;
    return true;
}

static inline void copy_word(uint8_t *to, const uint8_t *from) {
    dsp_store(to, dsp_load(from));
}

#else

static inline bool are_words(const uint8_t *to, const uint8_t *from) {
    return (((uintptr_t)to | (uintptr_t)from) & 3u) == 0;
}

static inline void copy_word(uint8_t *to, const uint8_t *from) {
    memcpy(__builtin_assume_aligned(to, 4), __builtin_assume_aligned(from, 4), 4);
}

#endif

/* Runs are short and their sizes differ, which is where the library's memcpy spends most of its time deciding. */
static uint8_t *copy_run(uint8_t *to, const uint8_t *from, size_t bytes) {
    if (are_words(to, from)) {
        for (; bytes >= 4; bytes -= 4) {
            copy_word(to, from);
            to += 4;
            from += 4;
        }
    }
    for (; bytes > 0; bytes--) {
        *to++ = *from++;
    }
    return to;
}

static uint8_t *fill_run(uint8_t *to, uint8_t fill, size_t bytes) {
    memset(to, fill, bytes);
    return to + bytes;
}

/* One kernel row that lies on the image but sticks out of it to the left or right, or has gaps (dilation). */
static uint8_t *copy_taps(const kernels_window_t *window, int32_t x, const uint8_t *row, size_t pixel_bytes,
                          uint8_t fill, uint8_t *to) {
    for (int32_t tap = 0; tap < window->kernel_width; tap++, x += window->dilation_width) {
        if (x >= 0 && x < window->in_width) {
            to = copy_run(to, row + (size_t)x * pixel_bytes, pixel_bytes);
        } else {
            to = fill_run(to, fill, pixel_bytes);
        }
    }
    return to;
}

void gather_column(const kernels_window_t *window, const gather_position_t *at, const void *input, size_t element_bytes,
                   uint8_t fill, void *column) {
    const uint8_t *image = input;
    uint8_t *to = column;
    size_t pixel_bytes = (size_t)window->in_channels * element_bytes;
    size_t run_bytes = (size_t)window->kernel_width * pixel_bytes;
    int32_t x = at->x * window->stride_width - window->pad_left;
    int32_t y = at->y * window->stride_height - window->pad_top;
    bool inside = x >= 0 && x + window->kernel_width <= window->in_width && window->dilation_width == 1;

    for (int32_t tap = 0; tap < window->kernel_height; tap++, y += window->dilation_height) {
        if (y < 0 || y >= window->in_height) {
            to = fill_run(to, fill, run_bytes);
            continue;
        }
        const uint8_t *row = image + (size_t)y * (size_t)window->in_width * pixel_bytes;
        to = inside ? copy_run(to, row + (size_t)x * pixel_bytes, run_bytes)
                    : copy_taps(window, x, row, pixel_bytes, fill, to);
    }
}
