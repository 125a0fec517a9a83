/* Sends back each byte and then goes to the rate that it stands for: see test_rates.py. */
#include "start.h"

static void set_rate(uint32_t brr, uint32_t over8) {
    uart_drain();
    USART1_CR1 = 0;
    USART1_BRR = brr;
    USART1_CR1 = over8 | USART_CR1_UE | USART_CR1_TE | USART_CR1_RE;
}

int main(void) {
    start_clocks();
    uart_start(16);
    for (;;) {
        const uint8_t rate = uart_get();
        uart_put(rate);
        if (rate == 'A') {
            set_rate(139, 0); /* 16 MHz / 139 = 115108 */
        } else if (rate == 'B') {
            set_rate(16, 0);
        } else if (rate == 'C') {
            set_rate(16, 1u << 15); /* oversampling by 8: 2 x 16 MHz / 16 = 2 Mbit/s */
        } else if (rate == 'D') {
            set_rate(0x0101u, 1u << 15); /* USARTDIV 0x102 = 258, whose low four bits lie one place lower: 124031 */
        }
    }
}
