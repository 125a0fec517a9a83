/* The byte stream of the PC as a board: a pty, or standard input and output. */
#ifndef NATIVE_LINK_H
#define NATIVE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Opens a pty whose name goes to standard output as `pty <path>`. Returns false after a message if there is none. */
bool link_open_pty(void);
void link_open_stdio(void);

/* Reads what is there. If nothing is and `wait` is set, lets other programs run for a moment before it returns 0. */
size_t link_read(uint8_t *data, size_t size, bool wait);

/* Like a UART, it does not care whether anybody listens: after two seconds in which nobody reads, bytes are lost, until
 * somebody reads again. */
void link_write(const uint8_t *data, size_t size);
void link_drain(void);

#endif
