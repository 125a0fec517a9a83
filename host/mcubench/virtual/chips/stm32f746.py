"""STM32F746NG on the 32F746G-DISCOVERY board: 25 MHz crystal, USART1 to the ST-LINK (RM0385, DS10916, UM1907).

Not modelled: power-saving modes, the window watchdog, timers, and every peripheral in the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from unicorn.arm_const import UC_CPU_ARM_CORTEX_M7

from mcubench.virtual.bus import Gate
from mcubench.virtual.clock_tree import Oscillators
from mcubench.virtual.machine import Memory
from mcubench.virtual.peripherals.caches import CACHE_ENABLES, Caches
from mcubench.virtual.peripherals.dma import Dma, DmaRequest
from mcubench.virtual.peripherals.dwt import DWT_BASE, DebugControl, Dwt
from mcubench.virtual.peripherals.gpio import Gpio
from mcubench.virtual.peripherals.nvic import SYS_TICK, Nvic
from mcubench.virtual.peripherals.scb import Scb
from mcubench.virtual.peripherals.stm32_crc import Crc
from mcubench.virtual.peripherals.stm32_iwdg import Iwdg
from mcubench.virtual.peripherals.stm32f7_clocks import Rcc
from mcubench.virtual.peripherals.systick import SysTick
from mcubench.virtual.peripherals.usart import Usart
from mcubench.virtual.registers import Stored
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.timing import CORTEX_M7, MemoryKind, MemoryRegion, MemoryState
from mcubench.virtual.wiring import Chip, Wiring

__all__ = ["STM32F746"]

_KIB = 1024
_NOMINAL = Oscillators(hsi_hz=16e6, hse_hz=25e6)
_CPUID = 0x410FC271  # Cortex-M7 r0p1
# PM0253 4.4: the other clock source is HCLK / 8.
_SYSTICK_DIVIDER, _SYSTICK_CALIB = 8, 0x4000493E
_PRIORITY_BITS = 4
_USART1 = 0x40011000
# RM0385 table 27: DMA2 streams and channels of USART1, with the data registers they move bytes from and to.
_DMA2_REQUESTS = {
    "USART1_RX": DmaRequest(((2, 4), (5, 4)), _USART1 + 0x24, False),
    "USART1_TX": DmaRequest(((7, 4),), _USART1 + 0x28, True),
}
# Pins that can carry USART1 with their alternate function (DS10916 table 12); UM1907 routes PA9 and PB7 to the ST-LINK.
_USART1_TX_PINS = (("A", 9, 7), ("B", 6, 7))
_USART1_RX_PINS = (("B", 7, 7), ("A", 10, 7))
# RM0385 table 46: positions in the vector table.
_IRQS = 98
_USART1_IRQ = 37
_DMA2_IRQS = (56, 57, 58, 59, 60, 68, 69, 70)
# RM0385 40.16: what stands still while a debugger halts the core, which none does here. IDCODE: revision Z.
_DBGMCU = (
    ("IDCODE", 0x00, 0x10016449, 0),
    ("CR", 0x04, 0, 0xE7),
    ("APB1_FZ", 0x08, 0, 0x067F1FFF),
    ("APB2_FZ", 0x0C, 0, 0x00070003),
)
_WINDOW_PIN = ("I", 3)  # Arduino header D7, which our firmware marks its timed window with


class _Parts:
    """The peripherals of one STM32F746, wired."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        oscillators = Oscillators(
            hsi_hz=wiring.oscillator_hz("hsi", _NOMINAL.hsi_hz),
            hse_hz=wiring.oscillator_hz("hse", _NOMINAL.hse_hz),
            lsi_hz=wiring.oscillator_hz("lsi", _NOMINAL.lsi_hz),
        )
        self.rcc = Rcc(oscillators, _NOMINAL, wiring.virtual, wiring.journal)
        self.watchdog = Iwdg(
            oscillators.lsi_hz,
            self.rcc.force_lsi,
            lambda: self.rcc.lsi_runs,
            wiring.virtual,
            wiring.journal,
            lambda: wiring.request_reset(ResetCause.WATCHDOG),
        )
        self.scb = Scb(_CPUID, wiring.request_reset, CACHE_ENABLES, self._memory_changed)
        self.caches = Caches(self.scb.ccr, wiring.counter, wiring.journal, CORTEX_M7.icache, CORTEX_M7.dcache)
        self.systick = SysTick(
            wiring.counter, wiring.virtual, _SYSTICK_DIVIDER, _SYSTICK_CALIB, lambda: self.nvic.pend(SYS_TICK)
        )
        self.nvic = Nvic(_IRQS, _PRIORITY_BITS, self._interrupt_lines(), lambda: self.scb.priority_group)
        self.gpio = {letter: Gpio(letter) for letter in "ABCDEFGHIJK"}
        self.dma2 = Dma(wiring.journal, wiring.memory, _DMA2_REQUESTS)
        self.usart1 = Usart(
            "USART1",
            self.rcc.usart1_kernel_hz,
            self._usart1_routed,
            wiring.virtual,
            self.dma2,
            wiring.line,
            wiring.journal,
        )
        letter, pin = _WINDOW_PIN
        self.gpio[letter].on_level(pin, wiring.window)
        self._place()
        self.rcc.on_change(self._clocks_changed)
        for source in (self.rcc, self.rcc.power, self.usart1, self.watchdog):
            wiring.polls.add_events(source.next_event_s)
        wiring.polls.add_timer(self.systick.next_event_s)
        wiring.polls.add_watchdog(self.watchdog.bite_s)

    def reset_by(self, cause: ResetCause) -> None:
        self.rcc.reset_by(cause)

    def sync(self) -> None:
        self.usart1.sync()
        self.systick.sync()
        self.watchdog.sync()

    @property
    def vector_table(self) -> int:
        return self.scb.vtor.value or STM32F746.vector_table

    def _interrupt_lines(self) -> dict[int, Callable[[], bool]]:
        lines: dict[int, Callable[[], bool]] = {_USART1_IRQ: lambda: self.usart1.interrupt}
        for index, irq in enumerate(_DMA2_IRQS):
            lines[irq] = lambda index=index: self.dma2.streams[index].interrupt  # type: ignore[misc]  # a default argument
        return lines

    def _usart1_routed(self, transmit: bool) -> bool:
        pins = _USART1_TX_PINS if transmit else _USART1_RX_PINS
        return any(self.gpio[letter].alternate(pin) == function for letter, pin, function in pins)

    def _place(self) -> None:
        bus, enables = self._wiring.bus, self.rcc.enables

        def gate(name: str, position: int) -> Gate:
            return Gate(enables[name], 1 << position, f"RCC_{name}")

        control = DebugControl()
        bus.place("FLASH", 0x40023C00, self.rcc.flash)
        bus.place("IWDG", 0x40003000, self.watchdog, sync=self.watchdog.sync)
        bus.place("DBGMCU", 0xE0042000, Stored(_DBGMCU))
        bus.place("PWR", 0x40007000, self.rcc.power, gate("APB1ENR", 28))
        bus.place("CRC", 0x40023000, Crc(), gate("AHB1ENR", 12))
        bus.place("DMA2", 0x40026400, self.dma2, gate("AHB1ENR", 22), self.dma2.sync)
        bus.place("USART1", _USART1, self.usart1, gate("APB2ENR", 4), self.usart1.sync)
        for index, (letter, port) in enumerate(self.gpio.items()):
            bus.place(f"GPIO{letter}", 0x40020000 + 0x400 * index, port, gate("AHB1ENR", index))
        bus.place("NVIC", 0xE000E000, self.nvic, sync=self.sync)
        bus.place("SYSTICK", 0xE000E010, self.systick, sync=self.systick.sync)
        bus.place("SCB", 0xE000ED00, self.scb)
        bus.place("SCB", 0xE000ED00, self.caches)
        bus.place("DEBUG", 0xE000EDF0, control)
        bus.place("DWT", DWT_BASE, Dwt(self._wiring.counter, control, self._wiring.journal, has_lock=True))
        bus.place("RCC", 0x40023800, self.rcc)  # last: on reset it tells the others about their clocks

    def _clocks_changed(self) -> None:
        hz = self.rcc.clocks.hclk_hz
        if hz != self._wiring.virtual.hz:
            self._wiring.journal.note(f"clock: the core runs at {hz / 1e6:g} MHz")
            self._wiring.virtual.set_hz(hz)
        self.usart1.clocks_changed()
        self._memory_changed()

    def _memory_changed(self) -> None:
        flash = self.rcc.flash
        self._wiring.counter.configure(
            MemoryState(self.caches.icache, self.caches.dcache, flash.accelerated, flash.wait_states)
        )


def _region(name: str, start: int, kibibytes: int, kind: MemoryKind, cached: bool = False) -> MemoryRegion:
    return MemoryRegion(name, start, kibibytes * _KIB, kind, cached)


# RM0385 table 1. Start to size and name.
_UNMODELLED = {
    0x40000000: (0x400, "TIM2"),
    0x40000400: (0x400, "TIM3"),
    0x40000800: (0x400, "TIM4"),
    0x40000C00: (0x400, "TIM5"),
    0x40001000: (0x400, "TIM6"),
    0x40001400: (0x400, "TIM7"),
    0x40001800: (0x400, "TIM12"),
    0x40001C00: (0x400, "TIM13"),
    0x40002000: (0x400, "TIM14"),
    0x40002400: (0x400, "LPTIM1"),
    0x40002800: (0x400, "RTC"),
    0x40002C00: (0x400, "WWDG"),
    0x40003800: (0x400, "SPI2"),
    0x40003C00: (0x400, "SPI3"),
    0x40004000: (0x400, "SPDIFRX"),
    0x40004400: (0x400, "USART2"),
    0x40004800: (0x400, "USART3"),
    0x40004C00: (0x400, "UART4"),
    0x40005000: (0x400, "UART5"),
    0x40005400: (0x400, "I2C1"),
    0x40005800: (0x400, "I2C2"),
    0x40005C00: (0x400, "I2C3"),
    0x40006000: (0x400, "I2C4"),
    0x40006400: (0x400, "CAN1"),
    0x40006800: (0x400, "CAN2"),
    0x40006C00: (0x400, "CEC"),
    0x40007400: (0x400, "DAC"),
    0x40007800: (0x400, "UART7"),
    0x40007C00: (0x400, "UART8"),
    0x40010000: (0x400, "TIM1"),
    0x40010400: (0x400, "TIM8"),
    0x40011400: (0x400, "USART6"),
    0x40012000: (0x400, "ADC1"),
    0x40012C00: (0x400, "SDMMC1"),
    0x40013000: (0x400, "SPI1"),
    0x40013400: (0x400, "SPI4"),
    0x40013800: (0x400, "SYSCFG"),
    0x40013C00: (0x400, "EXTI"),
    0x40014000: (0x400, "TIM9"),
    0x40014400: (0x400, "TIM10"),
    0x40014800: (0x400, "TIM11"),
    0x40015000: (0x400, "SPI5"),
    0x40015400: (0x400, "SPI6"),
    0x40015800: (0x400, "SAI1"),
    0x40015C00: (0x400, "SAI2"),
    0x40016800: (0x400, "LTDC"),
    0x40024000: (0x1000, "BKPSRAM"),
    0x40026000: (0x400, "DMA1"),
    0x40028000: (0x1400, "ETH"),
    0x4002B000: (0x400, "DMA2D"),
    0x40040000: (0x40000, "USB_OTG_HS"),
    0x50000000: (0x40000, "USB_OTG_FS"),
    0x50050000: (0x400, "DCMI"),
    0x50060800: (0x400, "RNG"),
    0xA0000000: (0x1000, "FMC"),
    0xA0001000: (0x400, "QUADSPI"),
    0xE0000000: (0x1000, "ITM"),
    0xE0001000: (0x1000, "DWT"),
    0xE0002000: (0x1000, "FPB"),
    0xE000E000: (0x1000, "System control space"),
    0xE0040000: (0x1000, "TPIU"),
}

_UID = 0x1FF0F420  # RM0385 41.1

STM32F746 = Chip(
    name="stm32f746",
    core=CORTEX_M7,
    unicorn_model=UC_CPU_ARM_CORTEX_M7,
    boot_hz=_NOMINAL.hsi_hz,
    oscillators=("hse", "hsi", "lsi"),
    vector_table=0x08000000,
    memories=(
        Memory(_region("itcm", 0x00000000, 16, "itcm")),
        Memory(_region("flash", 0x08000000, 1024, "flash", cached=True), rom=True),
        Memory(_region("flash-itcm", 0x00200000, 1024, "flash"), rom=True, alias_of="flash"),
        Memory(_region("system", 0x1FF00000, 64, "flash"), rom=True),
        Memory(_region("dtcm", 0x20000000, 64, "dtcm")),
        Memory(_region("sram1", 0x20010000, 240, "sram", cached=True)),
        Memory(_region("sram2", 0x2004C000, 16, "sram", cached=True)),
    ),
    constants={
        _UID: b"virtual-f746",
        0x1FF0F442: (1024).to_bytes(2, "little"),  # RM0385 41.2: flash size in KiB
    },
    uid_address=_UID,
    windows=(
        _region("peripherals", 0x40000000, 512, "device"),
        _region("ahb2", 0x50000000, 388, "device"),
        _region("fmc", 0xA0000000, 8, "device"),
        _region("system-control", 0xE0000000, 1024, "device"),
    ),
    unmodelled=_UNMODELLED,
    build=_Parts,
)
