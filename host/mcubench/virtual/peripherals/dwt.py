"""Cycle counter of the debug unit: DWT and its enable in DEMCR (ARMv7-M C1.6, C1.8)."""

from __future__ import annotations

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Register, bit, plain_registers
from mcubench.virtual.timing import CycleCounter

__all__ = ["DWT_BASE", "DebugControl", "Dwt"]

DWT_BASE = 0xE0001000
_CYCCNT = 0x04
_UNLOCK = 0xC5ACCE55
_MASK = 0xFFFFFFFF


class DebugControl:
    """DHCSR, DCRSR, DCRDR and DEMCR; placed at 0xE000EDF0."""

    def __init__(self) -> None:
        self._demcr = Register("DEMCR", 0x0C, 0, 0x010F07F1)
        self.registers = [
            *plain_registers(
                [("DHCSR", 0x00, 0, 0xFFFFFFFF), ("DCRSR", 0x04, 0, 0x1007F), ("DCRDR", 0x08, 0, 0xFFFFFFFF)]
            ),
            self._demcr,
        ]

    def reset(self) -> None:
        """The registers' reset values are all there is."""

    @property
    def trace_enabled(self) -> bool:
        return bit(self._demcr.value, 24)


class Dwt:
    """CTRL, CYCCNT and the lock; the profiling counters and comparators are not modelled.

    A Cortex-M7 ignores writes until LAR has had the key; so does this one if it `has_lock`.
    """

    def __init__(self, counter: CycleCounter, control: DebugControl, journal: Journal, has_lock: bool) -> None:
        self._counter = counter
        self._control = control
        self._journal = journal
        self._has_lock = has_lock
        # Nothing is writable as such: the handlers store, if the lock lets them.
        self._ctrl = Register("CTRL", 0x00, 0x40000000, 0, 0x0FFFFFFF, write=self._write_ctrl)
        self.registers = [
            self._ctrl,
            Register("CYCCNT", _CYCCNT, 0, 0, _MASK, self._read_cyccnt, self._write_cyccnt),
            Register("LAR", 0xFB0, 0, 0, _MASK, write=self._write_lar),
            Register("LSR", 0xFB4, 0, 0, read=lambda: self._has_lock * (1 | self._locked << 1)),
        ]
        self.reset()

    def reset(self) -> None:
        self._locked = self._has_lock
        self._stopped_at = 0  # the count while it does not run
        self._started_cycles: int | None = None  # cycle count at which CYCCNT was 0, while it runs

    def _running(self) -> bool:
        return self._control.trace_enabled and bit(self._ctrl.value, 0)

    def _cycles(self) -> int:
        return self._counter.cycles_at(DWT_BASE + _CYCCNT)

    def _read_cyccnt(self) -> int:
        if self._started_cycles is not None and self._control.trace_enabled:
            return self._cycles() - self._started_cycles & _MASK
        return self._stopped_at

    def _write_cyccnt(self, value: int) -> None:
        if self._may_write("CYCCNT"):
            self._stopped_at = value
            if self._started_cycles is not None:
                self._started_cycles = self._cycles() - value

    def _write_ctrl(self, value: int) -> None:
        if not self._may_write("CTRL"):
            return
        before = self._read_cyccnt()
        self._ctrl.value = self._ctrl.value & 0xF0000000 | value & 0x0FFFFFFF
        self._stopped_at = before
        self._started_cycles = self._cycles() - before if self._running() else None

    def _write_lar(self, value: int) -> None:
        self._locked = self._has_lock and value != _UNLOCK

    def _may_write(self, name: str) -> bool:
        if not self._control.trace_enabled:
            self._journal.violation("dwt trcena", f"DWT_{name}: written while DEMCR.TRCENA is 0, which has no effect")
            return False
        if self._locked:
            self._journal.violation("dwt lock", f"DWT_{name}: written while locked; write 0xC5ACCE55 to DWT_LAR first")
        return not self._locked
