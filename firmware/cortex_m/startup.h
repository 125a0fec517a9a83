/* What start-up asks of a board. */
#ifndef CORTEX_M_STARTUP_H
#define CORTEX_M_STARTUP_H

/* Switches the fault LED on. Nothing may have been initialised before, not even variables. */
void startup_show_fault(void);

#endif
