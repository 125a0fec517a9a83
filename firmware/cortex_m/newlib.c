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

/* The call itself, which may be the last instruction of its function: four bytes before where it would return to, and
 * that address has the bit that stands for Thumb. */
#define CALLER ((uintptr_t)__builtin_return_address(0) - 1u - 4u)

/* For libraries that check themselves. newlib's abort() raises a signal, which needs a heap. */
_Noreturn void abort(void) {
    fault_exit(CALLER);
}

_Noreturn void _exit(int status) {
    (void)status;
    fault_exit(CALLER);
}
