/* Entry and memory. ESP-IDF calls app_main in a task on core 0, which so gets the UART's interrupt; the benchmark has core
 * 1 alone. */
#include <esp_err.h>
#include <esp_task_wdt.h>
#include <freertos/FreeRTOS.h>
#include <freertos/task.h>

#include "core.h"
#include "port.h"

#define BENCHMARK_CORE 1
#define BENCHMARK_PRIORITY 10 /* above the idle task of that core, which gets no turn */

#define STACK_WORDS 4096
#define GUARD_WORDS 4 /* at the low end: FreeRTOS looks whether its own paint is still there */

/* What lies below a function's frame and is in use: 16 bytes for the registers of its caller (Xtensa windowed ABI), and
 * whatever a PC puts there. */
#define BELOW_FRAME_BYTES 256

void app_main(void);

/* From ESP-IDF's linker script (esp_system/ld/esp32/sections.ld.in); only their addresses mean something. */
extern const uint8_t _iram_start[], _iram_data_end[], _data_start[], _data_end[];
extern const uint8_t _rodata_start[], _rodata_reserved_end[], _text_start[], _text_end[];

static uint32_t stack[STACK_WORDS] __attribute__((aligned(16)));

/* FreeRTOS fills the stack when it creates the task, so the task itself paints what it has not used yet. */
static void stack_paint(void) {
    const uintptr_t end = (uintptr_t)__builtin_frame_address(0) - BELOW_FRAME_BYTES;
    for (volatile uint32_t *word = stack + GUARD_WORDS; (uintptr_t)word < end; word++) {
        *word = PORT_STACK_PAINT;
    }
}

static void run(void *unused) {
    (void)unused;
    ESP_ERROR_CHECK(esp_task_wdt_add(NULL)); /* this task */
    stack_paint();
    core_start();
    for (;;) {
        core_poll();
    }
}

void app_main(void) {
    static StaticTask_t task;
    port_init();
    xTaskCreateStaticPinnedToCore(run, "benchmark", sizeof stack, NULL, BENCHMARK_PRIORITY, (StackType_t *)stack, &task,
                                  BENCHMARK_CORE);
}

/* ESP-IDF's linker script has no symbols around the engine, and none that tell the arena from other static memory. */
void port_memory(port_memory_t *memory) {
    memory->stack_low = stack + GUARD_WORDS;
    memory->stack_high = stack + STACK_WORDS;
    memory->flash_image_bytes = (uint32_t)((_iram_data_end - _iram_start) + (_data_end - _data_start) +
                                           (_rodata_reserved_end - _rodata_start) + (_text_end - _text_start));
    memory->flash_engine_bytes = PORT_UNKNOWN;
    memory->ram_static_bytes = PORT_UNKNOWN;
}
