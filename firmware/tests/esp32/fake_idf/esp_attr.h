/* Fake of components/esp_common/include/esp_attr.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_ESP_ATTR_H
#define FAKE_IDF_ESP_ATTR_H

#define RTC_NOINIT_ATTR __attribute__((section("rtc_noinit")))

#endif
