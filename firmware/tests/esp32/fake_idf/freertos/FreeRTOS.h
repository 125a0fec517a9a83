/* Fake of components/freertos, ESP-IDF v5.5.3: FreeRTOS.h, queue.h, and portmacro.h of the Xtensa port. */
#ifndef FAKE_IDF_FREERTOS_FREERTOS_H
#define FAKE_IDF_FREERTOS_FREERTOS_H

#include <stdint.h>

typedef int BaseType_t;
typedef unsigned UBaseType_t;
typedef uint32_t TickType_t;
typedef uint8_t StackType_t;
typedef struct {
    uint32_t unused[90];
} StaticTask_t;
typedef struct fake_queue *QueueHandle_t;

#define pdTRUE 1
#define portMAX_DELAY ((TickType_t)0xffffffffUL)

void fake_mask(int masked);
#define portDISABLE_INTERRUPTS() fake_mask(1)
#define portENABLE_INTERRUPTS() fake_mask(0)

BaseType_t xQueueReceive(QueueHandle_t queue, void *buffer, TickType_t ticks_to_wait);

#endif
