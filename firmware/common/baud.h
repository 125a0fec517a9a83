/* The line's rate: the host may raise it, and the board finds back when the two have lost each other. */
#ifndef MCUBENCH_BAUD_H
#define MCUBENCH_BAUD_H

#include <stdint.h>

/* At boot, after port_init. */
void baud_start(void);

/* The true rate of now. */
uint32_t baud_now(void);

/* Bytes arrived (or a receive error, behind which there may have been some); and one of them ended a frame that was
 * intact or a line that was carried out. */
void baud_count_bytes(uint32_t bytes);
void baud_understood(void);

#endif
