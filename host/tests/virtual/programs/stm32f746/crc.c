/* The CRC unit, driven over the line: 'c', 'i', 'p' and a word set CR, INIT and POL; '4', '2', '1' and a word write so
 * many bytes of it to DR; 'r' and 'd' answer with CR and DR. 'o' switches the unit's clock off. Words come lowest byte
 * first. */
#include "start.h"

#define CRC 0x40023000u
#define CRC_DR REGISTER(CRC + 0x00u)
#define CRC_DR_HALF (*(volatile uint16_t *)CRC)
#define CRC_DR_BYTE (*(volatile uint8_t *)CRC)
#define CRC_IDR REGISTER(CRC + 0x04u)
#define CRC_CR REGISTER(CRC + 0x08u)
#define CRC_INIT REGISTER(CRC + 0x10u)
#define CRC_POL REGISTER(CRC + 0x14u)

static uint32_t word_get(void) {
    uint32_t word = 0;
    for (uint32_t shift = 0; shift < 32; shift += 8) {
        word |= (uint32_t)uart_get() << shift;
    }
    return word;
}

static void command(uint8_t letter) {
    switch (letter) {
    case 'c': CRC_CR = word_get(); break;
    case 'i': CRC_INIT = word_get(); break;
    case 'p': CRC_POL = word_get(); break;
    case '4': CRC_DR = word_get(); break;
    case '2': CRC_DR_HALF = (uint16_t)word_get(); break;
    case '1': CRC_DR_BYTE = (uint8_t)word_get(); break;
    case 'r': uart_hex(CRC_CR); break;
    case 'd': uart_hex(CRC_DR); break;
    case 'o': RCC_AHB1ENR &= ~RCC_AHB1ENR_CRCEN; break;
    default: break;
    }
}

int main(void) {
    start_clocks();
    RCC_AHB1ENR |= RCC_AHB1ENR_CRCEN;
    uart_start(16);
    CRC_IDR = 0x5A; /* a place to keep a byte in, which no calculation touches */
    uart_text(CRC_IDR == 0x5A ? "ready\n" : "IDR\n");
    for (;;) {
        command(uart_get());
    }
}
