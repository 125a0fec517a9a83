/* How the board came to run. */
#ifndef MCUBENCH_BOOT_H
#define MCUBENCH_BOOT_H

/* Ends for the host whatever the reset cut short, and says who has started, for which reason. */
void boot_announce(void);

/* The lines `boot` and `fault` of `info`. */
void boot_reply(void);

#endif
