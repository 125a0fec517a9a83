/* Clock settings, the first one is the boot setting: the three speeds that the PLLs give both cores. The APB clock is
 * 80 MHz at each of them (ESP32 Technical Reference Manual, "Reset and Clock", CPU clock). */
#include <esp_pm.h>
#include <soc/rtc.h>
#include <stdio.h>

#include "port.h"

#define HZ_PER_MHZ 1000000u

static const port_clock_t clocks[] = {
    {"240", 240 * HZ_PER_MHZ, 0, false, "source=pll source_mhz=480 divider=2"},
    {"160", 160 * HZ_PER_MHZ, 0, false, "source=pll source_mhz=320 divider=2"},
    {"80", 80 * HZ_PER_MHZ, 0, false, "source=pll source_mhz=320 divider=4"},
};

const char *const port_option_names[] = {NULL};
const uint32_t port_option_count = 0;

const port_clock_t *port_clocks(uint32_t *count) {
    *count = sizeof clocks / sizeof clocks[0];
    return clocks;
}

static rtc_cpu_freq_config_t clock_registers(void) {
    rtc_cpu_freq_config_t config;
    rtc_clk_cpu_freq_get_config(&config);
    return config;
}

uint32_t port_clock_hz(void) {
    return clock_registers().freq_mhz * HZ_PER_MHZ;
}

uint32_t port_clock_options(void) {
    return 0;
}

void port_clock_describe(char *text, size_t size) {
    const rtc_cpu_freq_config_t config = clock_registers();
    snprintf(text, size, "source=%s source_mhz=%lu divider=%lu", config.source == SOC_CPU_CLK_SRC_PLL ? "pll" : "other",
             (unsigned long)config.source_freq_mhz, (unsigned long)config.div);
}

/* Through power management and not by rtc_clk_cpu_freq_set_config, because it corrects the tick of FreeRTOS too. With the
 * least frequency at the greatest it never changes the clock by itself. */
static bool frequency_set(uint32_t hz) {
    const esp_pm_config_t config = {.max_freq_mhz = (int)(hz / HZ_PER_MHZ), .min_freq_mhz = (int)(hz / HZ_PER_MHZ)};
    return esp_pm_configure(&config) == ESP_OK && port_clock_hz() == hz;
}

int port_clock_apply(const port_clock_t *clock, uint32_t options) {
    if (options != 0) {
        return PORT_ERROR_UNSUPPORTED;
    }
    port_write_drain(); /* between two PLLs the chip runs from its crystal, and so does the UART */
    if (!frequency_set(clock->cpu_hz)) {
        (void)frequency_set(clocks[0].cpu_hz);
        return PORT_ERROR_TIMEOUT;
    }
    return PORT_OK;
}
