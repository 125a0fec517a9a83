/* What newlib asks of a program, and what is better done without it. */
#include <errno.h>
#include <stdlib.h>

/* newlib's expf() may set errno, and newlib's own errno lives in a kilobyte of state for threads and files, which this
 * takes the place of. Nothing here reads errno. */
int *__errno(void) {
    static int value;
    return &value;
}

/* For libraries that check themselves. newlib's abort() raises a signal, which needs a heap; a fault shows as much. */
_Noreturn void abort(void) {
    __builtin_trap();
}
