#include "hold.h"

#include <stdbool.h>
#include <string.h>

#define GRAINS (HOLD_BYTES / HOLD_GRAIN_BYTES)

/* In a section of its own, which linker scripts put beside the receive ring: it is a buffer of the line like that one,
 * not counted as static RAM, and not zeroed at start, because the marks below say what of it is valid. */
static uint8_t pool[GRAINS][HOLD_GRAIN_BYTES] __attribute__((section(".bss.hold")));

static uint8_t held[HOLD_MAP_BYTES]; /* bit i: the grain at place i is held */

/* Of the grain that `offset` is in. */
static uint32_t place_of(uint64_t offset) {
    return (uint32_t)(offset / HOLD_GRAIN_BYTES) % GRAINS;
}

static bool is_held(uint32_t place) {
    return held[place / 8] >> place % 8 & 1;
}

void hold_forget_all(void) {
    memset(held, 0, sizeof held);
}

void hold_forget_passed(uint64_t expected_before, uint64_t expected) {
    uint32_t grains = (uint32_t)(expected / HOLD_GRAIN_BYTES - expected_before / HOLD_GRAIN_BYTES);
    for (uint32_t place = place_of(expected_before); grains > 0; grains--) {
        held[place / 8] &= (uint8_t)~(1u << place % 8);
        place = (place + 1) % GRAINS;
    }
}

void hold_put(uint64_t expected, uint64_t offset, const uint8_t *data, size_t size) {
    const uint64_t ahead = offset - expected / HOLD_GRAIN_BYTES * HOLD_GRAIN_BYTES;
    if (ahead >= HOLD_BYTES) {
        return;
    }
    size_t skipped = -(uint32_t)ahead % HOLD_GRAIN_BYTES;
    for (size_t at = skipped; at + HOLD_GRAIN_BYTES <= size && ahead + at < HOLD_BYTES; at += HOLD_GRAIN_BYTES) {
        const uint32_t place = place_of(offset + at);
        memcpy(pool[place], data + at, HOLD_GRAIN_BYTES);
        held[place / 8] |= (uint8_t)(1u << place % 8);
    }
}

const uint8_t *hold_next(uint64_t expected, size_t *size) {
    const uint32_t place = place_of(expected);
    const uint32_t passed = (uint32_t)expected % HOLD_GRAIN_BYTES;
    *size = HOLD_GRAIN_BYTES - passed;
    return is_held(place) ? pool[place] + passed : NULL;
}

size_t hold_map(uint64_t expected, uint8_t map[HOLD_MAP_BYTES]) {
    size_t size = 0;
    memset(map, 0, HOLD_MAP_BYTES);
    for (uint32_t grain = 0; grain < GRAINS; grain++) {
        if (is_held((place_of(expected) + grain) % GRAINS)) {
            map[grain / 8] |= (uint8_t)(1u << grain % 8);
            size = grain / 8 + 1;
        }
    }
    return size;
}
