/* Fake of components/esp_hw_support/port/esp32/include/soc/rtc.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_SOC_RTC_H
#define FAKE_IDF_SOC_RTC_H

#include <stdint.h>

typedef enum { SOC_CPU_CLK_SRC_XTAL, SOC_CPU_CLK_SRC_PLL } soc_cpu_clk_src_t;

#define MHZ (1000000)

typedef struct rtc_cpu_freq_config_s {
    soc_cpu_clk_src_t source;
    uint32_t source_freq_mhz;
    uint32_t div;
    uint32_t freq_mhz;
} rtc_cpu_freq_config_t;

void rtc_clk_cpu_freq_get_config(rtc_cpu_freq_config_t *out_config);

#endif
