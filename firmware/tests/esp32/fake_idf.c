/* A fake of the few calls that firmware/esp32 makes of ESP-IDF, for tests on the PC. It is no model of the chip: it keeps
 * what the calls promise, ends the program where real ones would hang or be misused, and records what the port did. */
#include "fake_idf.h"

#include <driver/gpio.h>
#include <driver/uart.h>
#include <esp_cpu.h>
#include <esp_mac.h>
#include <esp_mmu_map.h>
#include <esp_pm.h>
#include <esp_system.h>
#include <esp_task_wdt.h>
#include <freertos/task.h>
#include <poll.h>
#include <pthread.h>
#include <soc/rtc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CORES 2
#define FIFO_BYTES 128  /* SOC_UART_FIFO_LEN */
#define PIECE_BYTES 120 /* what the driver takes from the FIFO at once, UART_FULL_THRESH_DEFAULT */
#define LISTENER_WAIT_MS 2000
#define IDLE_NS 100000 /* a real port_read returns at once; here others want to run too */

char fake_trace[64];
size_t fake_trace_size;
uint32_t fake_pm_refused_mhz;
uint32_t fake_pm_stuck_mhz;
int fake_reset_reason = ESP_RST_POWERON;
uint32_t fake_baud;
uint32_t fake_kicks;
int fake_line = -1;
int fake_uart_core = -1;
struct fake_task fake_task;

static _Thread_local int core;
static _Atomic int masked[CORES];
static uint32_t cpu_mhz = 240; /* the second-stage boot loader's setting, from sdkconfig.defaults */
static int pages_mapped;
static bool watchdog_runs;
static int watched_core = -1;

extern uint8_t __start_rtc_noinit[], __stop_rtc_noinit[]; /* the linker's, of RTC_NOINIT_ATTR */

static void record(char letter) {
    if (fake_trace_size < sizeof fake_trace) {
        fake_trace[fake_trace_size++] = letter;
    }
}

_Noreturn static void misuse(const char *what) {
    fprintf(stderr, "fake ESP-IDF: %s\n", what);
    abort();
}

/* Calls that may wait for an interrupt or for the other core. */
static void must_be_unmasked(const char *call) {
    if (masked[core]) {
        fprintf(stderr, "fake ESP-IDF: %s\n", call);
        misuse("called with interrupts masked");
    }
}

_Noreturn void fake_error(esp_err_t error, const char *call) {
    fprintf(stderr, "fake ESP-IDF: error 0x%x\n", (unsigned)error);
    misuse(call);
}

/* ---- cores and interrupts ---- */

void fake_run_on(int number) {
    core = number;
}

void fake_mask(int mask) {
    if (masked[core] == mask) {
        misuse("portDISABLE_INTERRUPTS does not nest");
    }
    masked[core] = mask;
    record(mask ? 'M' : 'U');
}

esp_cpu_cycle_count_t esp_cpu_get_cycle_count(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    record('c');
    return (uint32_t)(((uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec) * cpu_mhz / 1000);
}

TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t code, const char *const name, const uint32_t stack_bytes,
                                           void *const parameters, UBaseType_t priority, StackType_t *const stack,
                                           StaticTask_t *const control, const BaseType_t number) {
    (void)name, (void)parameters, (void)priority, (void)control;
    memset(stack, FAKE_STACK_PAINT, stack_bytes);
    fake_task = (struct fake_task){code, stack, stack_bytes, number};
    return &fake_task;
}

/* ---- the chip ---- */

esp_err_t gpio_set_direction(gpio_num_t pin, gpio_mode_t mode) {
    return pin == GPIO_NUM_4 && mode == GPIO_MODE_OUTPUT ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t gpio_set_level(gpio_num_t pin, uint32_t level) {
    (void)pin;
    record(level ? 'H' : 'L');
    return ESP_OK;
}

esp_err_t esp_efuse_mac_get_default(uint8_t *mac) {
    memcpy(mac, "\x02\x00\x00\xFA\xCE\x01", 6); /* locally administered, so nobody's */
    return ESP_OK;
}

esp_reset_reason_t esp_reset_reason(void) {
    return (esp_reset_reason_t)fake_reset_reason;
}

/* In a file without a name, whose number goes to the program that comes after. */
static void rtc_save(void) {
    char number[16];
    FILE *file = tmpfile();
    const size_t size = (size_t)(__stop_rtc_noinit - __start_rtc_noinit);
    if (file == NULL || fwrite(__start_rtc_noinit, 1, size, file) != size || fflush(file) != 0) {
        misuse("no file for the memory of the RTC");
    }
    snprintf(number, sizeof number, "%d", dup(fileno(file)));
    setenv("FAKE_RTC", number, 1);
}

void fake_rtc_restore(void) {
    const char *number = getenv("FAKE_RTC");
    if (number != NULL) {
        lseek(atoi(number), 0, SEEK_SET);
        const ssize_t size = read(atoi(number), __start_rtc_noinit, (size_t)(__stop_rtc_noinit - __start_rtc_noinit));
        close(atoi(number));
        if (size != __stop_rtc_noinit - __start_rtc_noinit) {
            misuse("the memory of the RTC was lost");
        }
    }
}

/* The program anew in the same process, on the same line: memory is as after power-on, but for the RTC's. */
_Noreturn void esp_restart(void) {
    char line[16];
    rtc_save();
    snprintf(line, sizeof line, "%d", fake_line);
    setenv("FAKE_LINE", line, 1);
    execl("/proc/self/exe", "board", (char *)NULL);
    abort();
}

esp_err_t esp_task_wdt_init(const esp_task_wdt_config_t *config) {
    if (watchdog_runs || config->timeout_ms == 0 || config->idle_core_mask != 0) {
        return ESP_ERR_INVALID_STATE;
    }
    watchdog_runs = true;
    return ESP_OK;
}

esp_err_t esp_task_wdt_add(TaskHandle_t task) {
    if (!watchdog_runs || task != NULL) {
        return ESP_ERR_INVALID_STATE;
    }
    watched_core = core;
    return ESP_OK;
}

/* It takes a lock. */
esp_err_t esp_task_wdt_reset(void) {
    must_be_unmasked("esp_task_wdt_reset");
    fake_kicks += core == watched_core;
    return core == watched_core ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t esp_pm_configure(const void *config) {
    const esp_pm_config_t *wanted = config;
    const uint32_t mhz = (uint32_t)wanted->max_freq_mhz;
    must_be_unmasked("esp_pm_configure"); /* it waits for the other core */
    record('p');
    if (wanted->light_sleep_enable) {
        return ESP_ERR_NOT_SUPPORTED; /* CONFIG_FREERTOS_USE_TICKLESS_IDLE is not set */
    }
    if (wanted->min_freq_mhz != wanted->max_freq_mhz || mhz == fake_pm_refused_mhz ||
        (mhz != 240 && mhz != 160 && mhz != 80)) {
        return ESP_ERR_INVALID_ARG;
    }
    cpu_mhz = mhz == fake_pm_stuck_mhz ? cpu_mhz : mhz;
    return ESP_OK;
}

void rtc_clk_cpu_freq_get_config(rtc_cpu_freq_config_t *out_config) {
    const uint32_t source_mhz = cpu_mhz == 240 ? 480 : 320;
    *out_config = (rtc_cpu_freq_config_t){SOC_CPU_CLK_SRC_PLL, source_mhz, source_mhz / cpu_mhz, cpu_mhz};
}

esp_err_t esp_mmu_map(esp_paddr_t address, size_t size, mmu_target_t target, mmu_mem_caps_t caps, int flags,
                      void **out) {
    (void)flags;
    must_be_unmasked("esp_mmu_map"); /* it stops the other core */
    record('f');
    if (address != 0 || size == 0 || target != MMU_TARGET_FLASH0 || caps != (MMU_MEM_CAP_READ | MMU_MEM_CAP_8BIT)) {
        return ESP_ERR_INVALID_ARG;
    }
    *out = &pages_mapped;
    return pages_mapped++ == 0 ? ESP_OK : ESP_ERR_INVALID_STATE;
}

esp_err_t esp_mmu_unmap(void *ptr) {
    must_be_unmasked("esp_mmu_unmap");
    record('u');
    return ptr == &pages_mapped && --pages_mapped == 0 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

/* ---- the UART and its driver ---- */

struct fake_queue {
    uart_event_t *events;
    int size, count, first;
};

static pthread_mutex_t uart_mutex = PTHREAD_MUTEX_INITIALIZER;
static struct fake_queue uart_events;
static uint8_t *ring;
static size_t ring_size, ring_head, ring_tail; /* head and tail run on; their difference is what waits */

esp_err_t uart_driver_install(uart_port_t uart, int rx_bytes, int tx_bytes, int queue_size, QueueHandle_t *queue,
                              int flags) {
    if (uart != UART_NUM_0 || rx_bytes <= FIFO_BYTES || tx_bytes != 0 || flags != 0 || ring != NULL) {
        return ESP_ERR_INVALID_ARG;
    }
    ring = malloc((size_t)rx_bytes);
    ring_size = (size_t)rx_bytes;
    uart_events = (struct fake_queue){calloc((size_t)queue_size, sizeof(uart_event_t)), queue_size, 0, 0};
    fake_uart_core = core;
    *queue = &uart_events;
    return ESP_OK;
}

esp_err_t uart_param_config(uart_port_t uart, const uart_config_t *config) {
    const int divider = 16 * 80000000 / config->baud_rate;
    const double error = 16 * 80e6 / divider / config->baud_rate - 1;
    const int is_8n1 = config->data_bits == UART_DATA_8_BITS && config->parity == UART_PARITY_DISABLE &&
                       config->stop_bits == UART_STOP_BITS_1 && config->flow_ctrl == UART_HW_FLOWCTRL_DISABLE;
    const int is_apb = config->source_clk == UART_SCLK_APB;
    return uart == UART_NUM_0 && is_8n1 && is_apb && error < 0.005 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t uart_set_baudrate(uart_port_t uart, uint32_t baudrate) {
    must_be_unmasked("uart_set_baudrate");
    fake_baud = baudrate;
    return uart == UART_NUM_0 ? ESP_OK : ESP_ERR_INVALID_ARG;
}

esp_err_t uart_set_pin(uart_port_t uart, int tx, int rx, int rts, int cts) {
    const int none = UART_PIN_NO_CHANGE;
    return uart == UART_NUM_0 && tx == 1 && rx == 3 && rts == none && cts == none ? ESP_OK : ESP_ERR_INVALID_ARG;
}

static void tell(uart_event_type_t type, size_t size) {
    if (uart_events.count < uart_events.size) {
        const int place = (uart_events.first + uart_events.count++) % uart_events.size;
        uart_events.events[place] = (uart_event_t){type, size, false};
    }
}

static void arrive_piece(const uint8_t *data, size_t size) {
    if (masked[fake_uart_core]) {
        tell(UART_FIFO_OVF, 0);
        return;
    }
    if (ring_size - (ring_head - ring_tail) < size) {
        tell(UART_BUFFER_FULL, 0);
        return;
    }
    for (size_t i = 0; i < size; i++) {
        ring[ring_head++ % ring_size] = data[i];
    }
    tell(UART_DATA, size);
}

void fake_uart_arrive(const uint8_t *data, size_t size) {
    pthread_mutex_lock(&uart_mutex);
    for (size_t at = 0; at < size; at += PIECE_BYTES) {
        arrive_piece(data + at, size - at < PIECE_BYTES ? size - at : PIECE_BYTES);
    }
    pthread_mutex_unlock(&uart_mutex);
}

BaseType_t xQueueReceive(QueueHandle_t queue, void *buffer, TickType_t ticks) {
    must_be_unmasked(ticks == 0 ? "xQueueReceive" : "xQueueReceive, which waits");
    pthread_mutex_lock(&uart_mutex);
    const int found = queue->count > 0;
    if (found) {
        memcpy(buffer, &queue->events[queue->first], sizeof queue->events[0]);
        queue->first = (queue->first + 1) % queue->size;
        queue->count--;
    }
    pthread_mutex_unlock(&uart_mutex);
    return found ? pdTRUE : 0;
}

int uart_read_bytes(uart_port_t uart, void *buffer, uint32_t length, TickType_t ticks) {
    static const struct timespec idle = {0, IDLE_NS};
    int count = 0;
    (void)uart, (void)ticks;
    must_be_unmasked("uart_read_bytes");
    pthread_mutex_lock(&uart_mutex);
    while ((uint32_t)count < length && ring_tail != ring_head) {
        ((uint8_t *)buffer)[count++] = ring[ring_tail++ % ring_size];
    }
    pthread_mutex_unlock(&uart_mutex);
    if (count == 0) {
        nanosleep(&idle, NULL);
    }
    return count;
}

/* After two seconds in which nobody reads, bytes are lost. */
int uart_write_bytes(uart_port_t uart, const void *src, size_t size) {
    struct pollfd poller = {.fd = fake_line, .events = POLLOUT};
    size_t sent = 0;
    (void)uart;
    must_be_unmasked("uart_write_bytes");
    while (sent < size && poll(&poller, 1, LISTENER_WAIT_MS) > 0) {
        const ssize_t count = write(fake_line, (const uint8_t *)src + sent, size - sent);
        sent += count > 0 ? (size_t)count : 0;
    }
    return (int)size;
}

esp_err_t uart_wait_tx_done(uart_port_t uart, TickType_t ticks) {
    (void)uart, (void)ticks;
    must_be_unmasked("uart_wait_tx_done");
    record('d');
    return ESP_OK;
}
