/* What clock.c offers to the rest of this port; the settings themselves are behind port.h. */
#ifndef STM32F746_CLOCK_H
#define STM32F746_CLOCK_H

#include <stdbool.h>

/* Bus clocks of the GPIOs, the DMA controller and the UART. */
void clock_peripherals_set(bool enabled);

#endif
