/* The registers of the nRF52840 that this port uses, and no others.
 *
 * Sources: Nordic's MDK, nrf52840.h and nrf52840_bitfields.h (MDK), for addresses, bits and one-line descriptions; nRF52840
 * Product Specification (PS), chapters by name.
 *
 * Peripherals:
 *   POWER   RESETREAS                                                  PS, POWER
 *   WDT     TASKS_START RUNSTATUS CRV RR0                             PS, WDT
 *   CLOCK   TASKS_HFCLKSTART TASKS_HFCLKSTOP HFCLKSTAT                 PS, CLOCK
 *   NVMC    ICACHECNF                                                  PS, NVMC
 *   UARTE0  receiver and transmitter with EasyDMA                      PS, UARTE
 *   TIMER1  as a counter                                               PS, TIMER
 *   PPI     channel 0                                                  PS, PPI
 *   P0 P1   OUTSET OUTCLR PIN_CNF                                      PS, GPIO
 *   FICR    DEVICEID, revision                                         PS, FICR
 *   UICR    APPROTECT (read only)                                      PS, UICR
 *
 * Those of every Cortex-M are in cortex_m.h. */
#ifndef NRF52840_REGISTERS_H
#define NRF52840_REGISTERS_H

#include "cortex_m.h"

/* POWER */
#define POWER_RESETREAS REGISTER(0x40000400u) /* writing 1 clears a bit */
#define POWER_RESETREAS_RESETPIN (1u << 0)
#define POWER_RESETREAS_DOG (1u << 1)
#define POWER_RESETREAS_SREQ (1u << 2)
#define POWER_RESETREAS_LOCKUP (1u << 3)

/* CLOCK */
#define CLOCK_TASKS_HFCLKSTART REGISTER(0x40000000u)
#define CLOCK_TASKS_HFCLKSTOP REGISTER(0x40000004u)
#define CLOCK_HFCLKSTAT REGISTER(0x4000040Cu)
#define CLOCK_HFCLKSTAT_SRC_HFXO (1u << 0) /* else the internal oscillator, HFINT */

/* Access port protection, from build code Fxx on */
#define APPROTECT_DISABLE REGISTER(0x40000558u)
#define UICR_APPROTECT REGISTER(0x10001208u)
#define APPROTECT_MASK 0xFFu /* of both */

/* WDT */
#define WDT_TASKS_START REGISTER(0x40010000u)
#define WDT_RUNSTATUS REGISTER(0x40010400u)
#define WDT_CRV REGISTER(0x40010504u) /* in cycles of 32,768 Hz, less one */
#define WDT_RR0 REGISTER(0x40010600u)
#define WDT_RR_KICK 0x6E524635u

/* NVMC */
#define NVMC_ICACHECNF REGISTER(0x4001E540u)
#define NVMC_ICACHECNF_CACHEEN (1u << 0)

/* UARTE0. Tasks are started by writing 1, events are cleared by writing 0. */
#define UARTE0_TASKS_STARTRX REGISTER(0x40002000u)
#define UARTE0_TASKS_STOPRX REGISTER(0x40002004u)
#define UARTE0_TASKS_STARTTX REGISTER(0x40002008u)
#define UARTE0_TASKS_STOPTX REGISTER(0x4000200Cu)
#define UARTE0_TASKS_FLUSHRX REGISTER(0x4000202Cu)
#define UARTE0_EVENTS_RXDRDY REGISTER(0x40002108u)
#define UARTE0_EVENTS_ENDRX REGISTER(0x40002110u)
#define UARTE0_EVENTS_ENDTX REGISTER(0x40002120u)
#define UARTE0_EVENTS_RXTO REGISTER(0x40002144u)
#define UARTE0_EVENTS_TXSTOPPED REGISTER(0x40002158u)
#define UARTE0_SHORTS REGISTER(0x40002200u)
#define UARTE_SHORTS_ENDRX_STARTRX (1u << 5)
#define UARTE0_ERRORSRC REGISTER(0x40002480u) /* writing 1 clears a bit */
#define UARTE0_ENABLE REGISTER(0x40002500u)
#define UARTE_ENABLE_ENABLED 8u
#define UARTE0_PSEL_TXD REGISTER(0x4000250Cu) /* port * 32 + pin; bit 31 set: not connected */
#define UARTE0_PSEL_RXD REGISTER(0x40002514u)
#define UARTE0_BAUDRATE REGISTER(0x40002524u)
#define UARTE0_RXD_PTR REGISTER(0x40002534u)
#define UARTE0_RXD_MAXCNT REGISTER(0x40002538u)
#define UARTE0_TXD_PTR REGISTER(0x40002544u)
#define UARTE0_TXD_MAXCNT REGISTER(0x40002548u)

/* TIMER1 */
#define TIMER1_TASKS_START REGISTER(0x40009000u)
#define TIMER1_TASKS_COUNT REGISTER(0x40009008u)
#define TIMER1_TASKS_CLEAR REGISTER(0x4000900Cu)
#define TIMER1_TASKS_CAPTURE0 REGISTER(0x40009040u)
#define TIMER1_MODE REGISTER(0x40009504u)
#define TIMER_MODE_LOW_POWER_COUNTER 2u
#define TIMER1_BITMODE REGISTER(0x40009508u)
#define TIMER_BITMODE_32 3u
#define TIMER1_CC0 REGISTER(0x40009540u)

/* PPI: an event's address and a task's, and what happens at the one starts the other */
#define PPI_CHENSET REGISTER(0x4001F504u)
#define PPI_CH0_EEP REGISTER(0x4001F510u)
#define PPI_CH0_TEP REGISTER(0x4001F514u)

/* GPIO */
#define P0 0x50000000u
#define P1 0x50000300u
#define GPIO_OUTSET(port) REGISTER((port) + 0x508u)
#define GPIO_OUTCLR(port) REGISTER((port) + 0x50Cu)
#define GPIO_PIN_CNF(port, pin) REGISTER((port) + 0x700u + 4u * (pin))
#define GPIO_PIN_CNF_OUTPUT 3u /* and its input buffer disconnected */
#define GPIO_PIN_CNF_INPUT_PULLUP (3u << 2)

/* FICR */
#define FICR_DEVICEID 0x10000060u
#define FICR_DEVICEID_BYTES 8u
#define FICR_REVISION REGISTER(0x10000134u) /* not in the PS; nrf52_erratas.h of the MDK tells revisions apart by it */
#define FICR_REVISION_3 5u

#endif
