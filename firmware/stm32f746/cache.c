/* Cache maintenance by set and way, as ARMv7-M B2.2 and PM0253 4.8 describe it. */
#include "cache.h"

#include <stdint.h>

#include "barrier.h"
#include "port.h"
#include "registers.h"

/* DCISW and DCCISW on this core: way in bits 31:30, set from bit 5 on (PM0253 4.8.2): four ways, lines of 32 bytes. */
#define WAY_SHIFT 30u
#define SET_SHIFT 5u

/* CCSIDR with the level 1 data cache selected: number of sets - 1 in bits 27:13, ways - 1 in 12:3. */
static void dcache_for_each_line(volatile uint32_t *operation) {
    SCB_CSSELR = 0;
    barrier_data();
    const uint32_t size = SCB_CCSIDR;
    const uint32_t last_set = (size >> 13) & 0x7FFFu;
    const uint32_t last_way = (size >> 3) & 0x3FFu;
    for (uint32_t set = 0; set <= last_set; set++) {
        for (uint32_t way = 0; way <= last_way; way++) {
            *operation = (way << WAY_SHIFT) | (set << SET_SHIFT);
        }
    }
    barrier_data();
    barrier_instruction();
}

static void icache_invalidate(void) {
    barrier_data();
    SCB_ICIALLU = 0;
    barrier_data();
    barrier_instruction();
}

bool cache_icache_enabled(void) {
    return (SCB_CCR & SCB_CCR_IC) != 0;
}

bool cache_dcache_enabled(void) {
    return (SCB_CCR & SCB_CCR_DC) != 0;
}

void cache_icache_set(bool enabled) {
    if (enabled == cache_icache_enabled()) {
        return;
    }
    if (enabled) {
        icache_invalidate();
        SCB_CCR |= SCB_CCR_IC;
    } else {
        SCB_CCR &= ~SCB_CCR_IC;
    }
    barrier_data();
    barrier_instruction();
}

void cache_dcache_set(bool enabled) {
    if (enabled == cache_dcache_enabled()) {
        return;
    }
    if (enabled) {
        dcache_for_each_line(&SCB_DCISW);
        SCB_CCR |= SCB_CCR_DC;
        barrier_data();
    } else {
        /* Off before clean: nothing can become dirty any more. The stack is in DTCM, so nothing is lost in between. */
        SCB_CCR &= ~SCB_CCR_DC;
        barrier_data();
        dcache_for_each_line(&SCB_DCCISW);
    }
    barrier_instruction();
}

void port_caches_flush(void) {
    if (cache_dcache_enabled()) {
        dcache_for_each_line(&SCB_DCCISW);
    }
    if (cache_icache_enabled()) {
        icache_invalidate();
    }
}
