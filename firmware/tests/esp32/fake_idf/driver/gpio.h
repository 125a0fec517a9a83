/* Fake of components/esp_driver_gpio/include/driver/gpio.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_DRIVER_GPIO_H
#define FAKE_IDF_DRIVER_GPIO_H

#include <stdint.h>

#include "esp_err.h"

typedef enum { GPIO_NUM_4 = 4 } gpio_num_t;
typedef enum { GPIO_MODE_DISABLE, GPIO_MODE_INPUT, GPIO_MODE_OUTPUT } gpio_mode_t;

esp_err_t gpio_set_direction(gpio_num_t gpio_num, gpio_mode_t mode);
esp_err_t gpio_set_level(gpio_num_t gpio_num, uint32_t level);

#endif
