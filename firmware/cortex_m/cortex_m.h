/* Registers that every Cortex-M3, M4 and M7 has at the same place, as far as the ports use them.
 *
 * Source: Arm DDI 0403 "ARMv7-M Architecture Reference Manual" (ARMv7-M). */
#ifndef CORTEX_M_H
#define CORTEX_M_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(uintptr_t)(address))

/* System control block, ARMv7-M B3.2 */
#define SCB_VTOR REGISTER(0xE000ED08u)
#define SCB_AIRCR REGISTER(0xE000ED0Cu)
#define SCB_AIRCR_VECTKEY (0x05FAu << 16)
#define SCB_AIRCR_SYSRESETREQ (1u << 2)
#define SCB_SHCSR REGISTER(0xE000ED24u)
#define SCB_SHCSR_MEMFAULTENA (1u << 16)
#define SCB_SHCSR_BUSFAULTENA (1u << 17)
#define SCB_SHCSR_USGFAULTENA (1u << 18)
#define SCB_CFSR REGISTER(0xE000ED28u)
#define SCB_CFSR_MSTKERR (1u << 4) /* the frame could not be saved: refused by the memory protection */
#define SCB_CFSR_MMARVALID (1u << 7)
#define SCB_CFSR_STKERR (1u << 12) /* the frame could not be saved: refused by the bus */
#define SCB_CFSR_BFARVALID (1u << 15)
#define SCB_HFSR REGISTER(0xE000ED2Cu)
#define SCB_MMFAR REGISTER(0xE000ED34u)
#define SCB_BFAR REGISTER(0xE000ED38u)
#define SCB_CPACR REGISTER(0xE000ED88u)
#define SCB_CPACR_FPU_FULL (0xFu << 20)

/* Data watchpoint and trace unit, ARMv7-M C1.8; debug control C1.6 */
#define DWT_CTRL REGISTER(0xE0001000u)
#define DWT_CTRL_CYCCNTENA (1u << 0)
#define DWT_CYCCNT REGISTER(0xE0001004u)
#define DEMCR REGISTER(0xE000EDFCu)
#define DEMCR_TRCENA (1u << 24)

#endif
