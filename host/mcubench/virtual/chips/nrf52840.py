"""nRF52840 on the nRF52840-DK: 32 MHz crystal, UARTE0 to the interface MCU (Product Specification, PS; nrf52840.h).

Register addresses, interrupt numbers and field widths are those of Nordic's nrf52840.h and nrf52840_bitfields.h.
Not modelled: power-saving modes, flash programming, and every peripheral in the table at the end.
"""

from __future__ import annotations

from collections.abc import Callable

from unicorn.arm_const import UC_CPU_ARM_CORTEX_M4

from mcubench.virtual.machine import Memory
from mcubench.virtual.peripherals.dwt import DWT_BASE, DebugControl, Dwt
from mcubench.virtual.peripherals.nrf_clock import LFXO_HZ, NrfClock
from mcubench.virtual.peripherals.nrf_counter import NrfCounter
from mcubench.virtual.peripherals.nrf_gpio import NrfGpio
from mcubench.virtual.peripherals.nrf_nvmc import NrfNvmc, NrfUicr
from mcubench.virtual.peripherals.nrf_ppi import NrfPpi
from mcubench.virtual.peripherals.nrf_rtc import NrfRtc
from mcubench.virtual.peripherals.nrf_signals import Interconnect
from mcubench.virtual.peripherals.nrf_timer import NrfTimer
from mcubench.virtual.peripherals.nrf_uarte import NrfUarte
from mcubench.virtual.peripherals.nrf_wdt import NrfWdt
from mcubench.virtual.peripherals.nvic import SYS_TICK, Nvic
from mcubench.virtual.peripherals.scb import Scb
from mcubench.virtual.peripherals.systick import SysTick
from mcubench.virtual.registers import Stored
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.timing import CORTEX_M4, MemoryKind, MemoryRegion, MemoryState
from mcubench.virtual.wiring import Chip, Wiring

__all__ = ["NRF52840"]

_KIB = 1024
_CPU_HZ = 64e6
_PCLK16M_DIVIDER = 4
_CPUID = 0x410FC241  # Cortex-M4 r0p1
# No reference clock: CALIB reads NOREF and SKEW. Not checked at a source; SysTick_Config of CMSIS takes the CPU clock.
_SYSTICK_DIVIDER, _SYSTICK_CALIB = 1, 0xC0000000
_PRIORITY_BITS = 3  # __NVIC_PRIO_BITS
# PS, CPU, "CPU and support module configuration": wait states of the flash without the cache.
_FLASH_WAIT_STATES = 2
_RAM = range(0x20000000, 0x20000000 + 256 * _KIB)
_CLOCK, _UARTE0, _WDT, _NVMC, _PPI = 0x40000000, 0x40002000, 0x40010000, 0x4001E000, 0x4001F000
_IRQS = 48
_CLOCK_IRQ, _UARTE0_IRQ, _WDT_IRQ = 0, 2, 16
# Name, base, compare registers, interrupt (nrf52840_peripherals.h: TIMERn_CC_NUM, RTCn_CC_NUM).
_TIMERS = (
    ("TIMER0", 0x40008000, 4, 8),
    ("TIMER1", 0x40009000, 4, 9),
    ("TIMER2", 0x4000A000, 4, 10),
    ("TIMER3", 0x4001A000, 6, 26),
    ("TIMER4", 0x4001B000, 6, 27),
)
_RTCS = (("RTC0", 0x4000B000, 3, 11), ("RTC1", 0x40011000, 4, 17), ("RTC2", 0x40024000, 4, 36))
_WINDOW_PIN = 1  # P1.01, which our firmware marks its timed window with


class _Parts:
    """The peripherals of one nRF52840, wired."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        virtual, journal = wiring.virtual, wiring.journal
        interconnect = Interconnect(journal)
        self.scb = Scb(_CPUID, wiring.request_reset)
        self.systick = SysTick(
            wiring.counter, virtual, _SYSTICK_DIVIDER, _SYSTICK_CALIB, lambda: self.nvic.pend(SYS_TICK)
        )
        self.clock = NrfClock(
            _CLOCK,
            interconnect,
            virtual,
            wiring.oscillator_hz("hfint", _CPU_HZ),
            wiring.oscillator_hz("hfxo", _CPU_HZ),
            wiring.oscillator_hz("lfrc", LFXO_HZ),
            journal,
        )
        self.uarte0 = NrfUarte(
            "UARTE0",
            _UARTE0,
            interconnect,
            virtual,
            wiring.memory,
            _RAM,
            wiring.line,
            lambda: (self._peripheral_hz(), _CPU_HZ / _PCLK16M_DIVIDER),
            journal,
        )
        self.timers: dict[str, NrfCounter] = {
            name: NrfTimer(name, base, compares, interconnect, virtual, self._peripheral_hz, journal)
            for name, base, compares, _irq in _TIMERS
        }
        self.rtcs: dict[str, NrfCounter] = {
            name: NrfRtc(name, base, compares, interconnect, virtual, lambda: self.clock.lfclk_hz, journal)
            for name, base, compares, _irq in _RTCS
        }
        self.watchdog = NrfWdt(
            _WDT,
            interconnect,
            virtual,
            lambda: self.clock.watchdog_hz,
            journal,
            lambda: wiring.request_reset(ResetCause.WATCHDOG),
        )
        self.nvmc = NrfNvmc(wiring.counter, journal, self._memory_changed)
        self.ports = (NrfGpio(32), NrfGpio(16))
        self.ports[1].on_level(_WINDOW_PIN, wiring.window)
        self.nvic = Nvic(_IRQS, _PRIORITY_BITS, self._interrupt_lines(), lambda: self.scb.priority_group)
        self._place(NrfPpi(_PPI, interconnect, virtual, journal), NrfUicr(self.nvmc, journal))
        self.clock.on_change(self._clocks_changing, self._clocks_changed)
        wiring.polls.add_events(self.clock.next_event_s)
        wiring.polls.add_events(self.uarte0.next_event_s)
        wiring.polls.add_timer(self.systick.next_event_s)
        for counter in (*self.timers.values(), *self.rtcs.values()):
            wiring.polls.add_timer(counter.next_event_s)
        wiring.polls.add_timer(self.watchdog.next_event_s)
        wiring.polls.add_watchdog(self.watchdog.bite_s)

    def reset_by(self, cause: ResetCause) -> None:
        self.clock.reset_by(cause)
        if cause not in (ResetCause.SOFTWARE, ResetCause.LOCKUP):  # PS, POWER, "Reset behavior"
            self.watchdog.stop()

    def sync(self) -> None:
        """The clock first: the others count its ticks. Bytes may clear a timer, and a timer may start a transfer."""
        self.clock.sync()
        self.uarte0.sync()
        for counter in (*self.timers.values(), *self.rtcs.values()):
            counter.sync()
        self.uarte0.sync()
        self.systick.sync()
        self.watchdog.sync()

    @property
    def vector_table(self) -> int:
        return self.scb.vtor.value or NRF52840.vector_table

    def _interrupt_lines(self) -> dict[int, Callable[[], bool]]:
        lines: dict[int, Callable[[], bool]] = {
            _CLOCK_IRQ: lambda: self.clock.interrupt,
            _UARTE0_IRQ: lambda: self.uarte0.interrupt,
            _WDT_IRQ: lambda: self.watchdog.interrupt,
        }
        for table, counters in ((_TIMERS, self.timers), (_RTCS, self.rtcs)):
            for name, _base, _compares, irq in table:
                lines[irq] = lambda counter=counters[name]: counter.interrupt  # type: ignore[misc]  # a default argument
        return lines

    def _peripheral_hz(self) -> float:
        return self.clock.hfclk_hz / _PCLK16M_DIVIDER

    def _place(self, ppi: NrfPpi, uicr: NrfUicr) -> None:
        bus = self._wiring.bus
        control = DebugControl()
        bus.place("UARTE0", _UARTE0, self.uarte0, sync=self.sync)
        for name, base, _compares, _irq in _TIMERS:
            bus.place(name, base, self.timers[name], sync=self.sync)
        for name, base, _compares, _irq in _RTCS:
            bus.place(name, base, self.rtcs[name], sync=self.sync)
        bus.place("NVMC", _NVMC, self.nvmc)
        bus.place("WDT", _WDT, self.watchdog, sync=self.sync)
        bus.place("UICR", 0x10001000, uicr)
        bus.place("PPI", _PPI, ppi, sync=self.sync)
        bus.place("TEMP", 0x4000C000, Stored(_TEMP_COEFFICIENTS))
        for index, port in enumerate(self.ports):
            bus.place(f"P{index}", 0x50000000 + 0x300 * index, port)
        bus.place("NVIC", 0xE000E000, self.nvic, sync=self.sync)
        bus.place("SYSTICK", 0xE000E010, self.systick, sync=self.systick.sync)
        bus.place("SCB", 0xE000ED00, self.scb)
        bus.place("DEBUG", 0xE000EDF0, control)
        bus.place("DWT", DWT_BASE, Dwt(self._wiring.counter, control, self._wiring.journal, has_lock=False))
        bus.place("CLOCK", _CLOCK, self.clock, sync=self.sync)  # last: on reset it tells the others about their clocks

    def _clocks_changing(self) -> None:
        for counter in (*self.timers.values(), *self.rtcs.values()):
            counter.clock_changed()

    def _clocks_changed(self) -> None:
        hz = self.clock.hfclk_hz
        if hz != self._wiring.virtual.hz:
            self._wiring.journal.note(f"clock: the core runs at {hz / 1e6:g} MHz")
            self._wiring.virtual.set_hz(hz)
        self.uarte0.clocks_changed()
        self.watchdog.clock_changed()
        self._memory_changed()

    def _memory_changed(self) -> None:
        self._wiring.counter.configure(
            MemoryState(icache=self.nvmc.icache, dcache=False, prefetch=False, flash_wait_states=_FLASH_WAIT_STATES)
        )


def _region(name: str, start: int, kibibytes: int, kind: MemoryKind, cached: bool = False) -> MemoryRegion:
    return MemoryRegion(name, start, kibibytes * _KIB, kind, cached)


def _word(value: int) -> bytes:
    return value.to_bytes(4, "little")


# PS, FICR; the words at 0x130 are what Nordic's nrf52_erratas.h tells chip and revision by.
_FICR = 0x10000000
_UID = _FICR + 0x060  # DEVICEID
_FACTORY_INFORMATION = {
    _FICR: b"\xff" * 4 * _KIB,
    _FICR + 0x010: _word(4 * _KIB),  # CODEPAGESIZE
    _FICR + 0x014: _word(256),  # CODESIZE, in pages
    _UID: b"virtual-",
    _FICR + 0x0A0: _word(0xFFFFFFFF) + b"virtua" + b"\xff\xff",  # DEVICEADDRTYPE: random; DEVICEADDR
    _FICR + 0x100: _word(0x52840) + b"0DAA" + _word(0x2004) + _word(256) + _word(1024),  # INFO: AAD0, aQFN73, KiB
    _FICR + 0x130: _word(8) + _word(5),
}

# PS, TEMP: what Nordic's start-up code copies from FICR; the sensor itself is not modelled.
_TEMP_COEFFICIENTS = [
    *((f"A{index}", 0x520 + 4 * index, 0, 0xFFFFFFFF) for index in range(6)),
    *((f"B{index}", 0x540 + 4 * index, 0, 0xFFFFFFFF) for index in range(6)),
    *((f"T{index}", 0x560 + 4 * index, 0, 0xFFFFFFFF) for index in range(5)),
]

# Base addresses of nrf52840.svd; where several peripherals share one, the names of all.
_UNMODELLED_BLOCKS = {
    0x40001000: "RADIO",
    0x40003000: "SPI0, SPIM0, SPIS0, TWI0, TWIM0, TWIS0",
    0x40004000: "SPI1, SPIM1, SPIS1, TWI1, TWIM1, TWIS1",
    0x40005000: "NFCT",
    0x40006000: "GPIOTE",
    0x40007000: "SAADC",
    0x4000C000: "TEMP",
    0x4000D000: "RNG",
    0x4000E000: "ECB",
    0x4000F000: "AAR, CCM",
    0x40012000: "QDEC",
    0x40013000: "COMP, LPCOMP",
    0x40014000: "EGU0, SWI0",
    0x40015000: "EGU1, SWI1",
    0x40016000: "EGU2, SWI2",
    0x40017000: "EGU3, SWI3",
    0x40018000: "EGU4, SWI4",
    0x40019000: "EGU5, SWI5",
    0x4001C000: "PWM0",
    0x4001D000: "PDM",
    0x40020000: "MWU",
    0x40021000: "PWM1",
    0x40022000: "PWM2",
    0x40023000: "SPI2, SPIM2, SPIS2",
    0x40025000: "I2S",
    0x40026000: "FPU",
    0x40027000: "USBD",
    0x40028000: "UARTE1",
    0x40029000: "QSPI",
    0x4002D000: "PWM3",
    0x4002F000: "SPIM3",
    0x5002A000: "CRYPTOCELL",
    0x5002B000: "CRYPTOCELL",
    # Modelled in part: what is left of them.
    _CLOCK: "CLOCK, POWER",
    _UARTE0: "UART0, UARTE0",
    **{base: name for name, base, _compares, _irq in (*_TIMERS, *_RTCS)},
    _NVMC: "NVMC, ACL",
    _PPI: "PPI",
    0x50000000: "P0, P1",
    0xE0000000: "ITM",
    0xE0001000: "DWT",
    0xE0002000: "FPB",
    0xE000E000: "System control space",
    0xE0040000: "TPIU",
}

NRF52840 = Chip(
    name="nrf52840",
    core=CORTEX_M4,
    unicorn_model=UC_CPU_ARM_CORTEX_M4,
    boot_hz=_CPU_HZ,
    oscillators=("hfxo", "hfint", "lfrc"),
    vector_table=0x00000000,
    memories=(  # PS, Memory
        Memory(_region("flash", 0x00000000, 1024, "flash", cached=True), rom=True),
        Memory(_region("ram", _RAM.start, 256, "sram")),
        Memory(_region("ram-code", 0x00800000, 256, "sram"), alias_of="ram"),
        Memory(_region("ficr", _FICR, 4, "flash"), rom=True),
    ),
    constants=_FACTORY_INFORMATION,
    uid_address=_UID,
    windows=(
        _region("uicr", 0x10001000, 4, "device"),
        _region("peripherals", 0x40000000, 512, "device"),
        _region("ahb", 0x50000000, 192, "device"),
        _region("system-control", 0xE0000000, 1024, "device"),
    ),
    unmodelled={base: (4 * _KIB, name) for base, name in _UNMODELLED_BLOCKS.items()},
    build=_Parts,
    lockup_resets=True,
)
