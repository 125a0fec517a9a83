/* Level 1 caches of the Cortex-M7: 4 KB instructions, 4 KB data. DTCM and the peripherals are never cached. */
#ifndef STM32F746_CACHE_H
#define STM32F746_CACHE_H

#include <stdbool.h>

bool cache_icache_enabled(void);
bool cache_dcache_enabled(void);

/* Switching on starts with an empty cache; switching off writes modified data back first. */
void cache_icache_set(bool enabled);
void cache_dcache_set(bool enabled);

#endif
