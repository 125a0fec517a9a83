#include "crc32.h"

/* Remainders of the 16 possible nibbles for the reflected polynomial 0xEDB88320: two look-ups per byte are fast enough
 * for the line at the slowest clock, and the table takes 64 bytes of flash instead of 1024. */
static const uint32_t nibble_table[16] = {
    0x00000000, 0x1DB71064, 0x3B6E20C8, 0x26D930AC, 0x76DC4190, 0x6B6B51F4, 0x4DB26158, 0x5005713C,
    0xEDB88320, 0xF00F9344, 0xD6D6A3E8, 0xCB61B38C, 0x9B64C2B0, 0x86D3D2D4, 0xA00AE278, 0xBDBDF21C,
};

uint32_t crc32_update(uint32_t state, const void *data, size_t size) {
    const uint8_t *bytes = data;
    for (size_t i = 0; i < size; i++) {
        state ^= bytes[i];
        state = (state >> 4) ^ nibble_table[state & 0xF];
        state = (state >> 4) ^ nibble_table[state & 0xF];
    }
    return state;
}

uint32_t crc32(const void *data, size_t size) {
    return crc32_final(crc32_update(CRC32_START, data, size));
}
