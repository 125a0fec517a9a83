/* What newlib asks of a program, and what is better done without it. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fault.h"

/* newlib's expf() may set errno, and newlib's own errno lives in a kilobyte of state for threads and files, which this
 * takes the place of. Nothing here reads errno. */
int *__errno(void) {
    static int value;
    return &value;
}

/* For libraries that check themselves. newlib's abort() raises a signal, which needs a heap. */
_Noreturn void abort(void) {
    fault_exit((uintptr_t)__builtin_return_address(0));
}

_Noreturn void _exit(int status) {
    (void)status;
    fault_exit((uintptr_t)__builtin_return_address(0));
}
