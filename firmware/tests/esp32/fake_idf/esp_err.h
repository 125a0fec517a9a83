/* Fake of components/esp_common/include/esp_err.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_ERR_H
#define FAKE_IDF_ESP_ERR_H

typedef int esp_err_t;

#define ESP_OK 0
#define ESP_ERR_INVALID_ARG 0x102
#define ESP_ERR_INVALID_STATE 0x103
#define ESP_ERR_NOT_SUPPORTED 0x106

_Noreturn void fake_error(esp_err_t error, const char *call);

#define ESP_ERROR_CHECK(call)                                                                                          \
    do {                                                                                                               \
        const esp_err_t error_ = (call);                                                                               \
        if (error_ != ESP_OK) {                                                                                        \
            fake_error(error_, #call);                                                                                 \
        }                                                                                                              \
    } while (0)

#endif
