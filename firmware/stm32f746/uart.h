/* USART1, the virtual COM port of the on-board ST-LINK. Reading and writing are behind port.h. */
#ifndef STM32F746_UART_H
#define STM32F746_UART_H

/* Needs the HSI running and the bus clocks of GPIOA, GPIOB, DMA2 and USART1. */
void uart_init(void);

#endif
