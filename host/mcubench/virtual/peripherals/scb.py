"""System control block of a Cortex-M4 or M7: reset request, vector table, identity (ARMv7-M B3.2)."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.registers import Register, bit, plain_registers
from mcubench.virtual.reset import ResetCause

__all__ = ["Scb"]

_KEY = 0x05FA
_EVERYTHING = 0xFFFFFFFF
_CCR_BITS = 0x31B


class Scb:
    """Registers from 0xE000ED00 that every such core has; placed there."""

    def __init__(
        self,
        cpuid: int,
        request_reset: Callable[[ResetCause], None],
        cache_enables: int = 0,
        caches_changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`cache_enables` are the bits of CCR that switch caches; `caches_changed` is called when CCR was written."""
        self._request_reset = request_reset
        self._aircr = Register("AIRCR", 0x0C, 0xFA050000, 0x700, _EVERYTHING, write=self._write_aircr)
        self.vtor = Register("VTOR", 0x08, 0, 0xFFFFFF80)
        # Bit 18 of a core with caches reads 1: branch prediction is always on.
        reset = 0x200 | (1 << 18 if cache_enables else 0)
        writable = _CCR_BITS | cache_enables | reset
        self.ccr = Register("CCR", 0x14, reset, writable, write=lambda _value: caches_changed())
        self.registers = [
            Register("CPUID", 0x00, cpuid, 0),
            self.vtor,
            self._aircr,
            self.ccr,
            *plain_registers(_PLAIN),
            *plain_registers(_MPU_ALIASES),
        ]

    def reset(self) -> None:
        """The registers' reset values are all there is."""

    @property
    def priority_group(self) -> int:
        return self._aircr.value >> 8 & 7

    def _write_aircr(self, value: int) -> None:
        if value >> 16 == _KEY and bit(value, 2):  # SYSRESETREQ
            self._request_reset(ResetCause.SOFTWARE)


# Name, offset, reset value, writable bits: stored, without effect here.
_PLAIN = (
    ("SCR", 0x10, 0, 0x16),
    ("DFSR", 0x30, 0, 0x1F),
    ("AFSR", 0x3C, 0, _EVERYTHING),
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
)
# Three more pairs of RBAR and RASR, which store a region each with one block transfer (ARMv7-M B3.5.10).
_MPU_ALIASES = [
    (f"MPU_{name}_A{alias}", offset + 8 * alias, 0, _EVERYTHING)
    for alias in (1, 2, 3)
    for name, offset in (("RBAR", 0x9C), ("RASR", 0xA0))
]
