/* What newlib asks of a program. Its expf() may set errno, and newlib's own errno lives in a kilobyte of state for
 * threads and files, which this takes the place of. Nothing here reads errno. */
#include <errno.h>

int *__errno(void) {
    static int value;
    return &value;
}
