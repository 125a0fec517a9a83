/* Images of another size: the nearest pixel of the input is looked up for each row and column. */
#include <string.h>

#include "kernels.h"

void kernels_resize_nearest(const kernels_resize_t *resize, const uint8_t *input, uint8_t *output) {
    const int32_t bytes = resize->pixel_bytes;
    for (int32_t y = 0; y < resize->out_height; y++) {
        const uint8_t *row = input + resize->rows[y] * resize->row_bytes;
        for (int32_t x = 0; x < resize->out_width; x++) {
            memcpy(output, row + resize->columns[x] * bytes, (size_t)bytes);
            output += bytes;
        }
    }
}
