/* Fake of components/esp_mm/include/esp_mmu_map.h and components/hal/include/hal/mmu_types.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_MMU_MAP_H
#define FAKE_IDF_ESP_MMU_MAP_H

#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"

typedef enum { MMU_MEM_CAP_EXEC = 1, MMU_MEM_CAP_READ = 2, MMU_MEM_CAP_8BIT = 16 } mmu_mem_caps_t;
typedef enum { MMU_PAGE_64KB = 0x10000 } mmu_page_size_t;
typedef enum { MMU_TARGET_FLASH0 = 1, MMU_TARGET_PSRAM0 = 2 } mmu_target_t;
typedef uint32_t esp_paddr_t;

esp_err_t esp_mmu_map(esp_paddr_t paddr_start, size_t size, mmu_target_t target, mmu_mem_caps_t caps, int flags,
                      void **out_ptr);
esp_err_t esp_mmu_unmap(void *ptr);

#endif
