/* Entry on boards without an operating system. */
#include "core.h"
#include "port.h"

int main(void) {
    port_init();
    core_start();
    for (;;) {
        core_poll();
    }
}
