/* Crashes become a record in memory that outlives the reset (kept.h), and a reset. */
#ifndef CORTEX_M_FAULT_H
#define CORTEX_M_FAULT_H

#include <stdint.h>

/* For every fault in the vector table. */
void fault_entry(void);

/* For a program that ends: the record says from where. */
_Noreturn void fault_exit(uintptr_t pc);

#endif
