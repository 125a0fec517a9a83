/* Fake of components/freertos/FreeRTOS-Kernel/include/freertos/task.h, ESP-IDF v5.5.3. */
#ifndef FAKE_IDF_FREERTOS_TASK_H
#define FAKE_IDF_FREERTOS_TASK_H

#include "freertos/FreeRTOS.h"

typedef void (*TaskFunction_t)(void *);
typedef struct fake_task *TaskHandle_t;

/* In esp_additions/include/freertos/idf_additions.h, which FreeRTOS.h includes. */
TaskHandle_t xTaskCreateStaticPinnedToCore(TaskFunction_t task_code, const char *const name, const uint32_t stack_depth,
                                           void *const parameters, UBaseType_t priority, StackType_t *const stack,
                                           StaticTask_t *const task, const BaseType_t core_id);

#endif
