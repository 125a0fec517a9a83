#include "barrier.h"
#include "cortex_m.h"
#include "port.h"

/* ARMv7-M B3.2.6. What was written before is in memory when the reset comes. */
_Noreturn void port_reset(void) {
    barrier_data();
    SCB_AIRCR = SCB_AIRCR_VECTKEY | SCB_AIRCR_SYSRESETREQ;
    for (;;) {
    }
}
