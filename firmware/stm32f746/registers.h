/* The registers of the STM32F746 that this port uses, and no others.
 *
 * Sources: ST RM0385 "STM32F75xxx and STM32F74xxx advanced Arm-based 32-bit MCUs" (chapter numbers below), Arm DDI 0403
 * "ARMv7-M Architecture Reference Manual" (ARMv7-M), ST PM0253 "STM32F7 Series Cortex-M7 programming manual".
 *
 * Peripherals:
 *   FLASH   ACR                                                    RM0385 ch. 3
 *   IWDG    KR PR RLR SR                                           RM0385 ch. 26
 *   DBGMCU  APB1_FZ                                                RM0385 ch. 40
 *   PWR     CR1 CSR1                                               RM0385 ch. 4
 *   RCC     CR PLLCFGR CFGR AHB1ENR APB1ENR APB2ENR CSR DCKCFGR2   RM0385 ch. 5
 *   GPIOA GPIOB GPIOI   MODER OSPEEDR PUPDR BSRR AFRL AFRH         RM0385 ch. 6
 *   DMA2    LIFCR HIFCR, streams 2 and 7: CR NDTR PAR M0AR         RM0385 ch. 8
 *   USART1  CR1 CR3 BRR ISR ICR RDR TDR                            RM0385 ch. 31
 *   UID                                                            RM0385 ch. 41
 *   SCB     CCR CCSIDR CSSELR ICIALLU DCISW DCCISW                 ARMv7-M B3.2, PM0253 ch. 4
 *   DWT     LAR                                                    ARMv7-M C1.8
 *
 * Those of every Cortex-M are in cortex_m.h. */
#ifndef STM32F746_REGISTERS_H
#define STM32F746_REGISTERS_H

#include "cortex_m.h"

/* FLASH, RM0385 3.7 */
#define FLASH_ACR REGISTER(0x40023C00u)
#define FLASH_ACR_LATENCY 0xFu
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ARTEN (1u << 9)

/* PWR, RM0385 4.4 */
#define PWR_CR1 REGISTER(0x40007000u)
#define PWR_CR1_VOS_SHIFT 14u
#define PWR_CR1_VOS (3u << PWR_CR1_VOS_SHIFT) /* 1: scale 3, 2: scale 2, 3: scale 1 */
#define PWR_CR1_ODEN (1u << 16)
#define PWR_CR1_ODSWEN (1u << 17)
#define PWR_CSR1 REGISTER(0x40007004u)
#define PWR_CSR1_VOSRDY (1u << 14)
#define PWR_CSR1_ODRDY (1u << 16)
#define PWR_CSR1_ODSWRDY (1u << 17)

/* RCC, RM0385 5.3 */
#define RCC_CR REGISTER(0x40023800u)
#define RCC_CR_HSION (1u << 0)
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_PLLCFGR REGISTER(0x40023804u)
#define RCC_PLLCFGR_PLLM_SHIFT 0u
#define RCC_PLLCFGR_PLLM (0x3Fu << RCC_PLLCFGR_PLLM_SHIFT)
#define RCC_PLLCFGR_PLLN_SHIFT 6u
#define RCC_PLLCFGR_PLLN (0x1FFu << RCC_PLLCFGR_PLLN_SHIFT)
#define RCC_PLLCFGR_PLLP_SHIFT 16u
#define RCC_PLLCFGR_PLLP (3u << RCC_PLLCFGR_PLLP_SHIFT) /* 0: /2, 1: /4, 2: /6, 3: /8 */
#define RCC_PLLCFGR_PLLSRC_HSE (1u << 22)
#define RCC_PLLCFGR_PLLQ_SHIFT 24u
#define RCC_PLLCFGR_PLLQ (0xFu << RCC_PLLCFGR_PLLQ_SHIFT)
#define RCC_CFGR REGISTER(0x40023808u)
#define RCC_CFGR_SW (3u << 0)
#define RCC_CFGR_SW_HSI (0u << 0)
#define RCC_CFGR_SW_PLL (2u << 0)
#define RCC_CFGR_SWS (3u << 2)
#define RCC_CFGR_SWS_HSI (0u << 2)
#define RCC_CFGR_SWS_PLL (2u << 2)
#define RCC_CFGR_HPRE (0xFu << 4)
#define RCC_CFGR_PPRE1_SHIFT 10u
#define RCC_CFGR_PPRE1 (7u << RCC_CFGR_PPRE1_SHIFT) /* 0: /1, 4: /2, 5: /4, 6: /8, 7: /16 */
#define RCC_CFGR_PPRE2_SHIFT 13u
#define RCC_CFGR_PPRE2 (7u << RCC_CFGR_PPRE2_SHIFT)
#define RCC_AHB1ENR REGISTER(0x40023830u)
#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_AHB1ENR_GPIOBEN (1u << 1)
#define RCC_AHB1ENR_GPIOIEN (1u << 8)
#define RCC_AHB1ENR_CRCEN (1u << 12)
#define RCC_AHB1ENR_DMA2EN (1u << 22)
#define RCC_APB1ENR REGISTER(0x40023840u)
#define RCC_APB1ENR_PWREN (1u << 28)
#define RCC_APB2ENR REGISTER(0x40023844u)
#define RCC_APB2ENR_USART1EN (1u << 4)
#define RCC_CSR REGISTER(0x40023874u)
#define RCC_CSR_RMVF (1u << 24)
#define RCC_CSR_BORRSTF (1u << 25)
#define RCC_CSR_PINRSTF (1u << 26)
#define RCC_CSR_PORRSTF (1u << 27)
#define RCC_CSR_SFTRSTF (1u << 28)
#define RCC_CSR_IWDGRSTF (1u << 29)
#define RCC_CSR_WWDGRSTF (1u << 30)
#define RCC_DCKCFGR2 REGISTER(0x40023890u)
#define RCC_DCKCFGR2_USART1SEL (3u << 0)
#define RCC_DCKCFGR2_USART1SEL_HSI (2u << 0)

/* IWDG, RM0385 26.4 */
#define IWDG_KR REGISTER(0x40003000u)
#define IWDG_KR_KICK 0xAAAAu
#define IWDG_KR_WRITE 0x5555u
#define IWDG_KR_START 0xCCCCu
#define IWDG_PR REGISTER(0x40003004u)
#define IWDG_PR_256 6u
#define IWDG_RLR REGISTER(0x40003008u)
#define IWDG_RLR_MAX 0xFFFu
#define IWDG_SR REGISTER(0x4000300Cu) /* bits are set while a new PR or RLR is taken over */

/* DBGMCU, RM0385 40.16 */
#define DBGMCU_APB1_FZ REGISTER(0xE0042008u)
#define DBGMCU_APB1_FZ_IWDG (1u << 12)

/* GPIO, RM0385 6.4 */
#define GPIOA 0x40020000u
#define GPIOB 0x40020400u
#define GPIOI 0x40022000u
#define GPIO_MODER(port) REGISTER((port) + 0x00u)   /* 2 bits a pin: 1 output, 2 alternate function */
#define GPIO_OSPEEDR(port) REGISTER((port) + 0x08u) /* 2 bits a pin: 2 high speed */
#define GPIO_PUPDR(port) REGISTER((port) + 0x0Cu)   /* 2 bits a pin: 1 pull-up */
#define GPIO_BSRR(port) REGISTER((port) + 0x18u)    /* bit n sets, bit 16 + n clears pin n */
#define GPIO_AFRL(port) REGISTER((port) + 0x20u)    /* 4 bits a pin, pins 0-7 */
#define GPIO_AFRH(port) REGISTER((port) + 0x24u)    /* 4 bits a pin, pins 8-15 */

/* DMA2, RM0385 8.5 */
#define DMA2_LIFCR REGISTER(0x40026408u)
#define DMA2_LIFCR_STREAM2 (0x3Du << 16)
#define DMA2_HIFCR REGISTER(0x4002640Cu)
#define DMA2_HIFCR_STREAM7 (0x3Du << 22)
#define DMA2_S2CR REGISTER(0x40026440u)
#define DMA2_S2NDTR REGISTER(0x40026444u)
#define DMA2_S2PAR REGISTER(0x40026448u)
#define DMA2_S2M0AR REGISTER(0x4002644Cu)
#define DMA2_S7CR REGISTER(0x400264B8u)
#define DMA2_S7NDTR REGISTER(0x400264BCu)
#define DMA2_S7PAR REGISTER(0x400264C0u)
#define DMA2_S7M0AR REGISTER(0x400264C4u)
#define DMA_SCR_EN (1u << 0)
#define DMA_SCR_DIR_MEMORY_TO_PERIPHERAL (1u << 6)
#define DMA_SCR_CIRC (1u << 8)
#define DMA_SCR_MINC (1u << 10)
#define DMA_SCR_PL_HIGH (2u << 16)
#define DMA_SCR_CHSEL_4 (4u << 25)

/* USART1, RM0385 31.8 */
#define USART1_CR1 REGISTER(0x40011000u)
#define USART_CR1_UE (1u << 0)
#define USART_CR1_OVER8 (1u << 15)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART1_CR3 REGISTER(0x40011008u)
#define USART_CR3_DMAR (1u << 6)
#define USART_CR3_DMAT (1u << 7)
#define USART1_BRR REGISTER(0x4001100Cu)
#define USART1_ISR REGISTER(0x4001101Cu)
#define USART_ISR_FE (1u << 1)
#define USART_ISR_NF (1u << 2)
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_TC (1u << 6)
#define USART1_ICR REGISTER(0x40011020u)
#define USART_ICR_TCCF (1u << 6)
#define USART1_RDR REGISTER(0x40011024u)
#define USART1_TDR REGISTER(0x40011028u)

/* Unique device ID, 96 bits, RM0385 41.1 */
#define UID 0x1FF0F420u
#define UID_BYTES 12u

/* System control block, what the Cortex-M7 adds for its caches, ARMv7-M B3.2 and B4.8, PM0253 4.8 */
#define SCB_CCR REGISTER(0xE000ED14u)
#define SCB_CCR_DC (1u << 16)
#define SCB_CCR_IC (1u << 17)
#define SCB_CCSIDR REGISTER(0xE000ED80u)
#define SCB_CSSELR REGISTER(0xE000ED84u)
#define SCB_ICIALLU REGISTER(0xE000EF50u)
#define SCB_DCISW REGISTER(0xE000EF60u)
#define SCB_DCCISW REGISTER(0xE000EF74u)

/* Lock of the DWT, ARMv7-M C1.8 */
#define DWT_LAR REGISTER(0xE0001FB0u)
#define DWT_LAR_UNLOCK 0xC5ACCE55u

#endif
