/* What the test programs share: start-up, USART1 by polling at 1 Mbit/s from the HSI, numbers in hex. */
#ifndef START_H
#define START_H

#include <stdint.h>

#include "registers.h"

#define DMA2_HISR REGISTER(0x40026404u)

int main(void);
void start_clocks(void);        /* peripheral clocks on, USART1 clocked by the HSI, its pins switched */
void uart_start(uint32_t divider);
void uart_put(uint8_t byte);
uint8_t uart_get(void);
void uart_text(const char *text);
void uart_hex(uint32_t value);  /* eight digits and a line end */
void uart_drain(void);
void cycles_start(void);

#endif
