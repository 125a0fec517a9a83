/* The PC as a board: power, reset and the stack. */
#ifndef NATIVE_BOARD_H
#define NATIVE_BOARD_H

#include <stdbool.h>
#include <stdint.h>

#include "port.h"

/* Bounds of the painted stack that the core runs on. */
void board_stack(const uint32_t **low, const uint32_t **high);

/* Memory that the core keeps over its resets. */
kept_t *board_kept(void);

/* Whether the core was started by a reset, and not by power. */
bool board_was_reset(void);
_Noreturn void board_reset(void);

#endif
