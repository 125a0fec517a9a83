/* What the host's processor is called. */
#ifndef NATIVE_CPU_H
#define NATIVE_CPU_H

/* Its model name without marks and common words ("Intel Core i7-1185G7"), or the name of its architecture. */
const char *cpu_name(void);

#endif
