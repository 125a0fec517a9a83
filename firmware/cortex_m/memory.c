/* Sizes, from the symbols of sections.ld: only their addresses mean something. */
#include "port.h"

extern const uint32_t __stack_low[], __stack_high[];
extern const uint8_t __flash_start[], __flash_end[], __engine_start[], __engine_end[];
extern const uint8_t __data_start[], __data_end[], __bss_start[], __bss_end[];

void port_memory(port_memory_t *memory) {
    memory->stack_low = __stack_low;
    memory->stack_high = __stack_high;
    memory->flash_image_bytes = (uint32_t)(__flash_end - __flash_start);
    memory->flash_engine_bytes = (uint32_t)(__engine_end - __engine_start);
    memory->ram_static_bytes = (uint32_t)((__data_end - __data_start) + (__bss_end - __bss_start));
}
