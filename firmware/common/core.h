/* The board side of the protocol, driven by port_read. */
#ifndef MCUBENCH_CORE_H
#define MCUBENCH_CORE_H

#include <stdint.h>

#define CORE_PROTOCOL_VERSION 2

/* After port_init: measures what it must know and sends the boot line. */
void core_start(void);

/* Handles what has arrived; never waits for more. */
void core_poll(void);

/* Lines dropped since boot because they held bytes that are not text. */
uint32_t core_noise_lines(void);

#endif
