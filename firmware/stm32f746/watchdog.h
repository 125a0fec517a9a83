/* The independent watchdog. Kicking it is behind port.h. */
#ifndef STM32F746_WATCHDOG_H
#define STM32F746_WATCHDOG_H

/* Needs the cycle counter running. It cannot be stopped again but by a reset. */
void watchdog_start(void);

#endif
