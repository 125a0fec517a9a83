/* UART0, the USB bridge of the DevKits. Reading and writing are behind port.h. */
#ifndef ESP32_UART_H
#define ESP32_UART_H

/* The interrupt runs on the core that calls this. */
void uart_init(void);

#endif
