/* Sizes, which the linker knows: sections.ld defines symbols whose addresses are these numbers. And the one piece of
 * memory that start-up leaves alone. */
#include "port.h"

extern const uint32_t __stack_low[], __stack_high[];
extern const uint8_t __flash_image_bytes[], __flash_engine_bytes[], __ram_static_bytes[];

void port_memory(port_memory_t *memory) {
    static const port_memory_t linked = {
        .stack_low = __stack_low,
        .stack_high = __stack_high,
        .flash_image_bytes = (uint32_t)__flash_image_bytes,
        .flash_engine_bytes = (uint32_t)__flash_engine_bytes,
        .ram_static_bytes = (uint32_t)__ram_static_bytes,
    };
    *memory = linked;
}

kept_t *port_kept(void) {
    static kept_t kept __attribute__((section(".noinit")));
    return &kept;
}
