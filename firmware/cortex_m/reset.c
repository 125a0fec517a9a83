#include "cortex_m.h"
#include "port.h"

/* ARMv7-M B3.2.6. */
_Noreturn void port_reset(void) {
    SCB_AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
