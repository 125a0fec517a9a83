"""RCC, PWR and FLASH of STM32F75x / F74x: three register blocks that decide together what clock the core gets.

RM0385 chapters 5, 4 and 3. Ready flags take the time that DS10916 gives as typical.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.clock_tree import (
    ClockRegisters,
    Clocks,
    Oscillators,
    PowerState,
    broken_limits,
    needed_wait_states,
    solve,
)
from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.ready_flag import ReadyFlag
from mcubench.virtual.registers import Poll, Register, bit, plain_registers
from mcubench.virtual.reset import ResetCause
from mcubench.virtual.time import VirtualTime

__all__ = ["Flash", "Power", "Rcc"]

_HSE_START_S = 2e-3
_HSI_START_S = 2.2e-6
_PLL_LOCK_S = 200e-6
_LSE_START_S = 2.0
_LSI_START_S = 40e-6
_VOLTAGE_S = 40e-6
_OVERDRIVE_S = 45e-6


class Flash:
    """Flash interface: wait states and accelerator. Programming and option bytes are stored and do nothing."""

    def __init__(self, changed: Callable[[], None]) -> None:
        self.acr = Register("ACR", 0x00, 0, 0xB0F, write=lambda _value: changed())
        self.registers = [
            self.acr,
            *plain_registers(
                [
                    ("KEYR", 0x04, 0, 0xFFFFFFFF),
                    ("OPTKEYR", 0x08, 0, 0xFFFFFFFF),
                    ("SR", 0x0C, 0, 0xF3),
                    ("CR", 0x10, 0x80000000, 0x8301037F),
                    ("OPTCR", 0x14, 0xC0FFAAFD, 0xC0FFFFFF),
                    ("OPTCR1", 0x18, 0x00400080, 0xFFFFFFFF),
                ]
            ),
        ]

    def reset(self) -> None:
        """The registers' reset values are all there is."""

    @property
    def wait_states(self) -> int:
        return self.acr.value & 0xF

    @property
    def accelerated(self) -> bool:
        return bit(self.acr.value, 8) or bit(self.acr.value, 9)  # PRFTEN, ARTEN


class Power:
    """Voltage scaling and over-drive."""

    def __init__(self, virtual: VirtualTime, pll_on: Callable[[], bool], changed: Callable[[], None]) -> None:
        self._pll_on = pll_on
        self._changed = changed
        self._flags = {16: ReadyFlag(virtual, _OVERDRIVE_S), 17: ReadyFlag(virtual, _OVERDRIVE_S)}  # ODRDY, ODSWRDY
        self._scaled = ReadyFlag(virtual, _VOLTAGE_S, on=True)  # VOSRDY
        self._cr1 = Register("CR1", 0x00, 0xC000, 0xFEFFB, 1 << 2, write=self._write_cr1)
        self._csr1 = Register("CSR1", 0x04, 0x4000, 0x300, 0xFFFFF, read=self._read_csr1, poll=Poll.EVENT)
        self.registers = [
            self._cr1,
            self._csr1,
            *plain_registers([("CR2", 0x08, 0, 0x3F3F), ("CSR2", 0x0C, 0, 0x3F3F)]),
        ]
        self._scale_field = 3

    def reset(self) -> None:
        self._scale_field = 3
        self._scaled.reset()
        for flag in self._flags.values():
            flag.reset()

    @property
    def scale(self) -> int:
        """Voltage scale in force, 1 to 3. Without the PLL the regulator is at scale 3 (RM0385 4.1.4)."""
        return 4 - self._scale_field if self._pll_on() else 3

    @property
    def overdrive(self) -> bool:
        return all(flag.ready for flag in self._flags.values())

    def next_event_s(self) -> float | None:
        moments = [
            moment for flag in (self._scaled, *self._flags.values()) if (moment := flag.next_event_s()) is not None
        ]
        return min(moments, default=None)

    def _write_cr1(self, value: int) -> None:
        field = max(1, value >> 14 & 3)
        if field != self._scale_field:
            self._scale_field = field
            self._scaled.enable(False)
            self._scaled.enable(True)
        for position, flag in self._flags.items():
            flag.enable(bit(value, position))
        self._changed()

    def _read_csr1(self) -> int:
        flags = sum(flag.ready << position for position, flag in self._flags.items())
        return (self._csr1.value & ~0x4000) | self._scaled.ready << 14 | flags


class Rcc:
    """Oscillators, PLL, bus dividers, peripheral clock enables, reset flags."""

    def __init__(self, oscillators: Oscillators, nominal: Oscillators, virtual: VirtualTime, journal: Journal) -> None:
        """`oscillators` have the true frequencies, `nominal` those that the firmware counts on."""
        self._oscillators = oscillators
        self._nominal = nominal
        self._virtual = virtual
        self._journal = journal
        self._flags = {  # by the position of the enable bit in CR; the ready bit lies above it
            0: ReadyFlag(virtual, _HSI_START_S, on=True),
            16: ReadyFlag(virtual, _HSE_START_S, works=oscillators.hse_hz > 0),
            24: ReadyFlag(virtual, _PLL_LOCK_S),
            26: ReadyFlag(virtual, _PLL_LOCK_S),
            28: ReadyFlag(virtual, _PLL_LOCK_S),
        }
        self._lse = ReadyFlag(virtual, _LSE_START_S)
        self._lsi = ReadyFlag(virtual, _LSI_START_S)
        self._cr = Register("CR", 0x00, 0x8083, 0x150D00F9, 0x2A02FF02, self._read_cr, self._write_cr, Poll.EVENT)
        self._pllcfgr = Register("PLLCFGR", 0x04, 0x24003010, 0x0F437FFF, write=self._write_pllcfgr)
        self._cfgr = Register("CFGR", 0x08, 0, 0xFFFFFCF3, 0xC, write=self._write_cfgr)
        self._bdcr = Register("BDCR", 0x70, 0, 0x1831D, 2, self._read_bdcr, self._write_bdcr, Poll.EVENT)
        self._csr = Register("CSR", 0x74, 0, 1, 0xFF000002, self._read_csr, self._write_csr, Poll.EVENT)
        self.dckcfgr2 = Register("DCKCFGR2", 0x90, 0, 0x1FFFFFFF, write=lambda _value: self._tell())
        self.enables = {name: Register(name, offset, reset, bits) for name, offset, reset, bits in _ENABLES}
        self.registers = [
            *(self._cr, self._pllcfgr, self._cfgr, self._bdcr, self._csr, self.dckcfgr2),
            *self.enables.values(),
            *plain_registers(_PLAIN),
        ]
        self._causes = 0
        self._lsi_forced = False
        self._told: tuple[Clocks, PowerState] | None = None
        self.flash = Flash(self.clocks_changed)
        self.power = Power(virtual, lambda: bit(self._cr.value, 24), self.clocks_changed)
        self._listeners: list[Callable[[], None]] = []
        self._locked_pllcfgr = self._pllcfgr.value
        self.clocks = self._solve(self._oscillators)

    def reset(self) -> None:
        for flag in (*self._flags.values(), self._lse, self._lsi):
            flag.reset()
        self._lsi_forced = False
        self._locked_pllcfgr = self._pllcfgr.value
        self.clocks_changed()

    def reset_by(self, cause: ResetCause) -> None:
        """Set the reset flags that the hardware sets for `cause` (RM0385 5.3.21); earlier ones stay until RMVF."""
        if cause is ResetCause.POWER_ON:
            self._causes = _BORRSTF | _PINRSTF | _PORRSTF
        else:  # every reset pulls the pin low
            self._causes |= _PINRSTF | _CAUSE_FLAGS.get(cause, 0)

    def on_change(self, listener: Callable[[], None]) -> None:
        """`listener` is called whenever a clock, the wait states or the accelerator may have changed."""
        self._listeners.append(listener)

    def next_event_s(self) -> float | None:
        flags = (*self._flags.values(), self._lsi, self._lse)
        moments = [moment for flag in flags if (moment := flag.next_event_s()) is not None]
        return min(moments, default=None)

    def usart1_kernel_hz(self) -> tuple[float, float]:
        """True and nominal frequency of USART1's kernel clock: DCKCFGR2.USART1SEL."""
        select = self.dckcfgr2.value & 3
        true, nominal = (
            (clocks.pclk2_hz, clocks.sysclk_hz, oscillators.hsi_hz, oscillators.lse_hz)[select]
            for clocks, oscillators in ((self.clocks, self._oscillators), (self._solve(self._nominal), self._nominal))
        )
        return true, nominal

    @property
    def lsi_runs(self) -> bool:
        """Whether it is on, or will be in a moment."""
        return self._lsi.enabled

    def force_lsi(self) -> None:
        """The watchdog starts the LSI and keeps it on (RM0385 5.2.5)."""
        self._lsi_forced = True
        self._lsi.enable(True)

    def clocks_changed(self) -> None:
        """Work the clock tree out again, tell the listeners, and report broken limits."""
        self.clocks = self._solve(self._oscillators)
        self._tell()
        self._check()

    def _tell(self) -> None:
        for listener in self._listeners:
            listener()

    def _solve(self, oscillators: Oscillators) -> Clocks:
        registers = ClockRegisters(self._locked_pllcfgr, self._cfgr.value, bit(self._cr.value, 24))
        return solve(registers, oscillators)

    def _check(self) -> None:
        power = PowerState(self.power.scale, self.power.overdrive, self.flash.wait_states)
        if (self.clocks, power) == self._told:
            return
        self._told = (self.clocks, power)
        for key, sentence in broken_limits(self.clocks, power):
            self._journal.warn(f"{key} {sentence}", sentence)
        needed = needed_wait_states(self.clocks.hclk_hz)
        if power.wait_states < needed:
            sentence = (
                f"FLASH_ACR: {power.wait_states} wait states at HCLK {self.clocks.hclk_hz / 1e6:g} MHz, which needs "
                f"{needed} (RM0385 table 5): real silicon reads wrong instructions"
            )
            self._journal.violation(sentence, sentence)

    def _read_cr(self) -> int:
        return (self._cr.value & ~0x2A020002) | sum(flag.ready << at + 1 for at, flag in self._flags.items())

    def _write_cr(self, value: int) -> None:
        in_use = (0, 16, 24)[self._cfgr.value >> 2 & 3]
        if not bit(value, in_use):
            self._journal.violation(
                f"off {in_use}", "RCC_CR: the system clock's own source cannot be switched off (RM0385 5.3.1)"
            )
            value |= 1 << in_use
            self._cr.value |= 1 << in_use
        locks = bit(value, 24) and (self._flags[24].enabled or self._pll_source().ready)
        if bit(value, 24) and not locks:
            self._journal.violation(
                "pll source", "RCC_CR: PLL switched on while its source is not ready: it never locks"
            )
        for position, flag in self._flags.items():
            flag.enable(locks if position == 24 else bit(value, position))
        if not bit(value, 24):
            self._locked_pllcfgr = self._pllcfgr.value
        self.clocks_changed()

    def _write_pllcfgr(self, _value: int) -> None:
        if bit(self._cr.value, 24):
            self._journal.violation(
                "pllcfgr", "RCC_PLLCFGR: written while the PLL is on, which has no effect (RM0385 5.3.2)"
            )
        else:
            self._locked_pllcfgr = self._pllcfgr.value

    def _pll_source(self) -> ReadyFlag:
        return self._flags[16 if bit(self._locked_pllcfgr, 22) else 0]

    def _write_cfgr(self, value: int) -> None:
        wanted = value & 3
        ready = (self._flags[0].ready, self._flags[16].ready, self._flags[24].ready, False)[wanted]
        if ready:
            self._cfgr.value = (self._cfgr.value & ~0xC) | wanted << 2
        else:
            name = ("HSI", "HSE", "PLL", "nothing")[wanted]
            self._journal.violation(f"sw {wanted}", f"RCC_CFGR: system clock switched to {name}, which is not ready")
        self.clocks_changed()

    def _read_bdcr(self) -> int:
        return (self._bdcr.value & ~2) | self._lse.ready << 1

    def _write_bdcr(self, value: int) -> None:
        self._lse.enable(bit(value, 0))

    def _read_csr(self) -> int:
        return (self._csr.value & 1) | self._lsi.ready << 1 | self._causes

    def _write_csr(self, value: int) -> None:
        self._lsi.enable(bit(value, 0) or self._lsi_forced)
        if bit(value, 24):  # RMVF
            self._causes = 0


_BORRSTF, _PINRSTF, _PORRSTF, _SFTRSTF, _IWDGRSTF = 1 << 25, 1 << 26, 1 << 27, 1 << 28, 1 << 29
_CAUSE_FLAGS = {ResetCause.SOFTWARE: _SFTRSTF, ResetCause.WATCHDOG: _IWDGRSTF}
# Name, offset, reset value, defined bits (RM0385 5.3 and its register map).
_ENABLES = (
    ("AHB1ENR", 0x30, 0x00100000, 0x7EF417FF | 1 << 20),
    ("AHB2ENR", 0x34, 0, 0xF1),
    ("AHB3ENR", 0x38, 0, 0x3),
    ("APB1ENR", 0x40, 0, 0xFFFFCBFF),
    ("APB2ENR", 0x44, 0, 0x04F77F33),
)
_PLAIN = (
    ("CIR", 0x0C, 0, 0x00FF7FFF),
    ("AHB1RSTR", 0x10, 0, 0x22E017FF),
    ("AHB2RSTR", 0x14, 0, 0xF1),
    ("AHB3RSTR", 0x18, 0, 0x3),
    ("APB1RSTR", 0x20, 0, 0xFFFFCBFF),
    ("APB2RSTR", 0x24, 0, 0x04F77933),
    ("AHB1LPENR", 0x50, 0x7EF7B7FF, 0x7EF7B7FF),
    ("AHB2LPENR", 0x54, 0xF1, 0xF1),
    ("AHB3LPENR", 0x58, 0x3, 0x3),
    ("APB1LPENR", 0x60, 0xFFFFCBFF, 0xFFFFCBFF),
    ("APB2LPENR", 0x64, 0x04F77F33, 0x04F77F33),
    ("SSCGR", 0x80, 0, 0xCFFFFFFF),
    ("PLLI2SCFGR", 0x84, 0x24003000, 0x7F037FC0),
    ("PLLSAICFGR", 0x88, 0x24003000, 0x7F037FC0),
    ("DCKCFGR1", 0x8C, 0, 0x01F31F1F),
)
