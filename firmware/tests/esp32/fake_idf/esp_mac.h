/* Fake of components/esp_hw_support/include/esp_mac.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_MAC_H
#define FAKE_IDF_ESP_MAC_H

#include <stdint.h>

#include "esp_err.h"

esp_err_t esp_efuse_mac_get_default(uint8_t *mac);

#endif
