/* UARTE0, the virtual COM port of the on-board J-Link. Reading and writing are behind port.h. */
#ifndef NRF52840_UART_H
#define NRF52840_UART_H

/* Needs the cycle counter running. */
void uart_init(void);

#endif
