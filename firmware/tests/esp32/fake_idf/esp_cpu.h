/* Fake of components/esp_hw_support/include/esp_cpu.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_CPU_H
#define FAKE_IDF_ESP_CPU_H

#include <stdint.h>

typedef uint32_t esp_cpu_cycle_count_t;

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void); /* inline there */

#endif
