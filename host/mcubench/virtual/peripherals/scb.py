"""System control block of a Cortex-M7: reset request, vector table, caches and their maintenance.

ARMv7-M Architecture Reference Manual B3.2 and B4.8; PM0253 chapter 4; register values of the Cortex-M7 TRM.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Register, bit, plain_registers
from mcubench.virtual.timing import CycleCounter

__all__ = ["Scb"]

_KEY = 0x05FA
_CCR_BITS = 0x0007031B
_DC, _IC = 16, 17
_EVERYTHING = 0xFFFFFFFF


class Scb:
    """Registers 0xE000ED00 to 0xE000EFFF; placed at 0xE000ED00."""

    def __init__(
        self,
        counter: CycleCounter,
        journal: Journal,
        dcache_lines: int,
        ccsidr: tuple[int, int],
        request_reset: Callable[[], None],
        changed: Callable[[], None],
    ) -> None:
        """`dcache_lines` is sets x ways of the data cache; `ccsidr` the size registers of data and instruction cache.

        `changed` is called when firmware has switched a cache on or off.
        """
        self._counter = counter
        self._journal = journal
        self._dcache_lines = dcache_lines
        self._ccsidr = ccsidr
        self._request_reset = request_reset
        self._ccr = Register("CCR", 0x14, 0x00040200, _CCR_BITS, write=lambda _value: changed())
        self._csselr = Register("CSSELR", 0x84, 0, 0xF)
        self._aircr = Register("AIRCR", 0x0C, 0xFA050000, 0x700, _EVERYTHING, write=self._write_aircr)
        self.vtor = Register("VTOR", 0x08, 0, 0xFFFFFF80)
        self.registers = [
            self._ccr,
            self._csselr,
            self.vtor,
            Register("CPUID", 0x00, 0x410FC271, 0),
            self._aircr,
            Register("CCSIDR", 0x80, 0, 0, read=lambda: self._ccsidr[self._csselr.value & 1]),
            *plain_registers(_PLAIN),
            *(Register(name, offset, 0, 0, _EVERYTHING) for name, offset in _BY_ADDRESS),
            Register(
                "ICIALLU", 0x250, 0, 0, _EVERYTHING, write=lambda _value: self._counter.caches_flushed(True, False)
            ),
            Register("DCISW", 0x260, 0, 0, _EVERYTHING, write=self._write_dcisw),
            Register("DCCSW", 0x26C, 0, 0, _EVERYTHING),
            Register("DCCISW", 0x274, 0, 0, _EVERYTHING, write=self._flush_line),
        ]
        self._flushed_lines: set[int] = set()

    def reset(self) -> None:
        self._flushed_lines.clear()

    @property
    def priority_group(self) -> int:
        return self._aircr.value >> 8 & 7

    @property
    def icache(self) -> bool:
        return bit(self._ccr.value, _IC)

    @property
    def dcache(self) -> bool:
        return bit(self._ccr.value, _DC)

    def _write_aircr(self, value: int) -> None:
        if value >> 16 == _KEY and bit(value, 2):  # SYSRESETREQ
            self._request_reset()

    def _write_dcisw(self, value: int) -> None:
        if self.dcache:
            self._journal.violation(
                "dcisw", "DCISW: lines invalidated while the data cache is on: unwritten data is lost"
            )
        self._flush_line(value)

    def _flush_line(self, set_and_way: int) -> None:
        """Maintenance by set and way goes line by line; the cache is empty when all lines have had their turn."""
        self._flushed_lines.add(set_and_way)
        if len(self._flushed_lines) == self._dcache_lines:
            self._flushed_lines.clear()
            self._counter.caches_flushed(False, True)


# Operations on one address: they work on single lines, which the cache model does not follow.
_BY_ADDRESS = (("ICIMVAU", 0x258), ("DCIMVAC", 0x25C), ("DCCMVAU", 0x264), ("DCCMVAC", 0x268), ("DCCIMVAC", 0x270))
# Name, offset, reset value, writable bits: stored, without effect here.
_PLAIN = (
    ("SCR", 0x10, 0, 0x16),
    ("DFSR", 0x30, 0, 0x1F),
    ("AFSR", 0x3C, 0, _EVERYTHING),
    ("CLIDR", 0x78, 0x09000003, 0),
    ("CTR", 0x7C, 0x8303C003, 0),
    ("CPACR", 0x88, 0, 0x00F00000),
    ("MPU_TYPE", 0x90, 0x800, 0),
    ("MPU_CTRL", 0x94, 0, 0x7),
    ("MPU_RNR", 0x98, 0, 0xFF),
    ("MPU_RBAR", 0x9C, 0, _EVERYTHING),
    ("MPU_RASR", 0xA0, 0, _EVERYTHING),
    ("FPCCR", 0x234, 0xC0000000, _EVERYTHING),
    ("FPCAR", 0x238, 0, 0xFFFFFFF8),
    ("FPDSCR", 0x23C, 0, 0x07C00000),
    ("MVFR0", 0x240, 0x10110021, 0),
    ("MVFR1", 0x244, 0x11000011, 0),
    ("MVFR2", 0x248, 0x00000040, 0),
    ("ITCMCR", 0x290, 0, 0x7F),
    ("DTCMCR", 0x294, 0, 0x7F),
    ("AHBPCR", 0x298, 0, 0xF),
    ("CACR", 0x29C, 0, 0x7),
    ("AHBSCR", 0x2A0, 0, 0xFFFF),
)
