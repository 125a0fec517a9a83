"""SysTick of a core that has nothing else around it: a counter of 24 bits, downwards, on the CPU clock."""

from __future__ import annotations

from unicorn import Uc

from mcubench.virtual.timing import CycleCounter, MemoryRegion

__all__ = ["SYSTICK_WINDOW", "BareSysTick"]

# The system control space, ARMv6-M Architecture Reference Manual (DDI 0419), B3.1; its SysTick, B3.3.
SYSTICK_WINDOW = MemoryRegion("system-control-space", 0xE000E000, 0x1000, "device", cached=False)
_CSR, _RVR, _CVR = 0x010, 0x014, 0x018
_ENABLE, _COUNTFLAG = 1 << 0, 1 << 16
_WRITABLE = 0b111
_TOP = 0x00FFFFFF


class BareSysTick:
    """Counts the emulated core's cycles from the last write to CVR on; never interrupts."""

    def __init__(self, counter: CycleCounter) -> None:
        self._counter = counter
        self._control = 0
        self._reload = 0
        self._cleared_at = 0  # cycles

    def attach(self, uc: Uc) -> None:
        """Take the place of the system control space."""
        uc.mmio_map(SYSTICK_WINDOW.start, SYSTICK_WINDOW.size, self._read, None, self._write, None)

    def _read(self, _uc: Uc, offset: int, _size: int, _data: object) -> int:
        passed = self._counter.cycles_at(SYSTICK_WINDOW.start + offset) - self._cleared_at
        if not self._control & _ENABLE:
            passed = 0
        if offset == _CVR:
            return -passed % (self._reload + 1)
        if offset == _CSR:
            return self._control | (_COUNTFLAG if passed > self._reload else 0)
        return self._reload if offset == _RVR else 0

    def _write(self, _uc: Uc, offset: int, _size: int, value: int, _data: object) -> None:
        if offset == _CSR:
            self._control = value & _WRITABLE
        elif offset == _RVR:
            self._reload = value & _TOP
        elif offset == _CVR:
            self._cleared_at = self._counter.cycles
