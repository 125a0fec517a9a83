/* Fake of components/esp_pm/include/esp_pm.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_PM_H
#define FAKE_IDF_ESP_PM_H

#include <stdbool.h>

#include "esp_err.h"

typedef struct {
    int max_freq_mhz;
    int min_freq_mhz;
    bool light_sleep_enable;
} esp_pm_config_t;

esp_err_t esp_pm_configure(const void *config);

#endif
