"""System timer of ARMv7-M (B3.3): counts CPU cycles down and may interrupt when it reaches 0."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.registers import Poll, Register
from mcubench.virtual.time import VirtualTime
from mcubench.virtual.timing import CycleCounter

__all__ = ["SysTick"]

_ENABLE, _TICKINT, _CLKSOURCE, _COUNTFLAG = 1 << 0, 1 << 1, 1 << 2, 1 << 16


class SysTick:
    """Placed at 0xE000E010. The count follows the cycle counter; `sync` tells of the times it reached 0 since."""

    def __init__(
        self, counter: CycleCounter, virtual: VirtualTime, external_divider: int, calib: int, pend: Callable[[], None]
    ) -> None:
        """The chip's other clock source is the CPU clock over `external_divider`; `calib` is what CALIB reads."""
        self._counter = counter
        self._virtual = virtual
        self._external_divider = external_divider
        self._pend = pend
        self._ctrl = Register("CTRL", 0x00, 0, 0x7, 1 << 16, self._read_ctrl, self._write_ctrl, Poll.LINE)
        self._load = Register("LOAD", 0x04, 0, 0xFFFFFF)
        self.registers = [
            self._ctrl,
            self._load,
            Register("VAL", 0x08, 0, 0, 0xFFFFFFFF, self._read_val, lambda _value: self._restart()),
            Register("CALIB", 0x0C, calib, 0),
        ]
        self.reset()

    def reset(self) -> None:
        self._counted = False
        self._zero_at = 0  # cycle count at which the count was or will next be 0
        self._running = False

    @property
    def interrupts(self) -> bool:
        """Whether it runs and its interrupt is on."""
        return self._running and bool(self._ctrl.value & _TICKINT)

    def sync(self) -> None:
        """Notice that the count has reached 0."""
        cycles = self._counter.cycles
        if not self._running or cycles < self._zero_at:
            return
        period = self._period()
        self._zero_at += ((cycles - self._zero_at) // period + 1) * period
        self._counted = True
        if self._ctrl.value & _TICKINT:
            self._pend()

    def next_event_s(self) -> float | None:
        if not self._running:
            return None
        return self._virtual.now_s + max(0, self._zero_at - self._counter.cycles) / self._virtual.hz

    def _scale(self) -> int:
        return 1 if self._ctrl.value & _CLKSOURCE else self._external_divider

    def _period(self) -> int:
        return (self._load.value + 1) * self._scale()

    def _restart(self) -> None:
        self._counted = False
        self._zero_at = self._counter.cycles + self._period()

    def _read_ctrl(self) -> int:
        value = self._ctrl.value | (_COUNTFLAG if self._counted else 0)
        self._counted = False
        return value

    def _write_ctrl(self, value: int) -> None:
        running = bool(value & _ENABLE) and self._load.value > 0
        if running and not self._running:
            self._zero_at = self._counter.cycles + self._period()
        self._running = running

    def _read_val(self) -> int:
        if not self._running:
            return 0
        return max(0, self._zero_at - self._counter.cycles) // self._scale() % (self._load.value + 1)
