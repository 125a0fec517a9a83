#include "kept.h"

#include <stddef.h>

#include "crc32.h"
#include "port.h"

static uint32_t check_sum(const kept_t *kept) {
    return crc32(kept, offsetof(kept_t, crc));
}

/* After power-on, and after an image with another idea of what is kept, nothing has happened yet: `boots` is how many
 * there were then. */
static kept_t *valid(uint32_t boots) {
    kept_t *kept = port_kept();
    if (kept->crc != check_sum(kept)) {
        kept->boots = boots;
        kept->crash.boot = 0;
    }
    return kept;
}

void kept_boot(void) {
    kept_t *kept = valid(0);
    kept->boots++;
    kept->crc = check_sum(kept);
}

void kept_crash(const kept_crash_t *crash) {
    kept_t *kept = valid(1); /* a crash that wrote over what is kept is told of all the same */
    kept->crash = *crash;
    kept->crash.boot = kept->boots;
    kept->crc = check_sum(kept);
}

uint32_t kept_boots(void) {
    return port_kept()->boots;
}

const kept_crash_t *kept_last_crash(void) {
    const kept_crash_t *crash = &port_kept()->crash;
    return crash->boot != 0 ? crash : NULL;
}

bool kept_crashed(void) {
    const kept_t *kept = port_kept();
    return kept->crash.boot != 0 && kept->crash.boot == kept->boots - 1;
}
