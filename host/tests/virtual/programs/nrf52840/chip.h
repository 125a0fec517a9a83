/* Registers of the nRF52840 that the test programs use (nRF52840 Product Specification). */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

#define REGISTER(address) (*(volatile uint32_t *)(address))

#define CLOCK(offset) REGISTER(0x40000000u + (offset)) /* and POWER */
#define UARTE(offset) REGISTER(0x40002000u + (offset))
#define TIMER0(offset) REGISTER(0x40008000u + (offset))
#define TIMER1(offset) REGISTER(0x40009000u + (offset))
#define RTC1(offset) REGISTER(0x40011000u + (offset))
#define NVMC(offset) REGISTER(0x4001E000u + (offset))
#define PPI(offset) REGISTER(0x4001F000u + (offset))
#define P0(offset) REGISTER(0x50000000u + (offset))
#define P1(offset) REGISTER(0x50000300u + (offset))

#define HFCLKSTART 0x000
#define HFCLKSTOP 0x004
#define LFCLKSTART 0x008
#define HFCLKSTARTED 0x100
#define LFCLKSTARTED 0x104
#define RESETREAS 0x400
#define HFCLKSTAT 0x40C
#define LFCLKSRC 0x518
#define GPREGRET 0x51C

#define STARTRX 0x000
#define STOPRX 0x004
#define STARTTX 0x008
#define STOPTX 0x00C
#define FLUSHRX 0x02C
#define RXDRDY 0x108
#define ENDRX 0x110
#define TXDRDY 0x11C
#define ENDTX 0x120
#define ERROR 0x124
#define RXTO 0x144
#define RXSTARTED 0x14C
#define TXSTOPPED 0x158
#define ERRORSRC 0x480
#define ENABLE 0x500
#define PSEL_TXD 0x50C
#define PSEL_RXD 0x514
#define BAUDRATE 0x524
#define RXD_PTR 0x534
#define RXD_MAXCNT 0x538
#define RXD_AMOUNT 0x53C
#define TXD_PTR 0x544
#define TXD_MAXCNT 0x548
#define TXD_AMOUNT 0x54C
#define CONFIG 0x56C

#define START 0x000
#define STOP 0x004
#define COUNT 0x008
#define CLEAR 0x00C
#define CAPTURE(n) (0x040 + 4 * (n))
#define COMPARE(n) (0x140 + 4 * (n))
#define MODE 0x504
#define BITMODE 0x508
#define PRESCALER 0x510
#define CC(n) (0x540 + 4 * (n))

#define SHORTS 0x200
#define INTENSET 0x304
#define INTENCLR 0x308

#define CHENSET 0x504
#define CHENCLR 0x508
#define EEP(n) (0x510 + 8 * (n))
#define TEP(n) (0x514 + 8 * (n))
#define FORK(n) (0x910 + 4 * (n))

#define ICACHECNF 0x540

#define OUTSET 0x508
#define OUTCLR 0x50C
#define IN 0x510
#define DIRSET 0x518
#define PIN_CNF(n) (0x700 + 4 * (n))

#define NVIC_ISER0 REGISTER(0xE000E100u)
#define SCB_AIRCR REGISTER(0xE000ED0Cu)
#define SCB_RESET 0x05FA0004u
#define DEMCR REGISTER(0xE000EDFCu)
#define DWT_CTRL REGISTER(0xE0001000u)
#define DWT_CYCCNT REGISTER(0xE0001004u)

#endif
