/* Identity, caches, watchdog, reset and start of the port. */
#include "port.h"

#include <esp_attr.h>
#include <esp_err.h>
#include <esp_mac.h>
#include <esp_mmu_map.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <string.h>

#include "uart.h"

#define MAC_BYTES 6

const bool port_counts_time = false;
const uint32_t port_watchdog_ms = 30000; /* an inference must take less */

const char *port_core_name(void) {
    return "xtensa-lx6";
}

/* The MAC address from the factory. */
size_t port_uid(uint8_t *uid, size_t size) {
    uint8_t mac[MAC_BYTES];
    const size_t count = size < sizeof mac ? size : sizeof mac;
    ESP_ERROR_CHECK(esp_efuse_mac_get_default(mac));
    memcpy(uid, mac, count);
    return count;
}

/* The RTC's memory outlives all resets but those of power and of the pin EN. */
kept_t *port_kept(void) {
    static RTC_NOINIT_ATTR kept_t kept;
    return &kept;
}

/* Its interrupt is on core 0, the one that calls this. The benchmark's task adds itself. */
static void watchdog_init(void) {
    const esp_task_wdt_config_t config = {.timeout_ms = port_watchdog_ms, .trigger_panic = true};
    ESP_ERROR_CHECK(esp_task_wdt_init(&config));
}

void port_watchdog_kick(void) {
    (void)esp_task_wdt_reset(); /* fails in a task that the watchdog does not watch, and there is only one */
}

void port_init(void) {
    uint32_t count;
    const port_clock_t *boot = port_clocks(&count);
    kept_boot();
    ESP_ERROR_CHECK(gpio_set_direction(PORT_WINDOW_PIN, GPIO_MODE_OUTPUT));
    watchdog_init();
    uart_init();
    (void)port_clock_apply(boot, boot->options); /* the second-stage boot loader has set the same already */
}

/* ESP-IDF has no public call that only flushes. Mapping a page of flash flushes all caches, because ESP32 cannot flush
 * less (esp_mm/esp_mmu_map.c, s_do_cache_invalidate); no image lies in the first page. A failure stops the board,
 * because a run that is called cold and is not would be a false number. */
void port_caches_flush(void) {
    void *page;
    ESP_ERROR_CHECK(esp_mmu_map(0, MMU_PAGE_64KB, MMU_TARGET_FLASH0, MMU_MEM_CAP_READ | MMU_MEM_CAP_8BIT, 0, &page));
    ESP_ERROR_CHECK(esp_mmu_unmap(page));
}

/* A reset by the pin EN reads as a power-on here. ESP-IDF handles crashes itself and keeps no record of them. */
const char *port_reset_cause(void) {
    switch (esp_reset_reason()) {
    case ESP_RST_POWERON:
    case ESP_RST_BROWNOUT:
        return "power-on";
    case ESP_RST_SW:
        return "software";
    case ESP_RST_PANIC:
        return "fault";
    case ESP_RST_INT_WDT:
    case ESP_RST_TASK_WDT:
    case ESP_RST_WDT:
        return "watchdog";
    default:
        return "unknown";
    }
}

_Noreturn void port_reset(void) {
    esp_restart();
}
