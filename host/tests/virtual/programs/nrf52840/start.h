/* What the test programs share: start-up, UARTE0 at 1 Mbit/s, numbers in hex. */
#ifndef START_H
#define START_H

#include "chip.h"

int main(void);
void uarte_start(void);
void send(const uint8_t *data, uint32_t count); /* by EasyDMA; returns when all has left */
void send_text(const char *text);
void send_hex(uint32_t value); /* eight digits and a line end */
void cycles_start(void);

/* Handlers of interrupts; a program defines those that it uses. */
void on_clock(void);
void on_uarte(void);
void on_timer0(void);
void on_rtc1(void);

#endif
