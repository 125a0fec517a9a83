"""What TIMER and RTC of nRF52 share: a counter that goes from match to match, however many ticks pass at once."""

from __future__ import annotations

from abc import ABC, abstractmethod

from mcubench.virtual.peripherals.nrf_signals import Event, Signals
from mcubench.virtual.registers import Register
from mcubench.virtual.time import VirtualTime

__all__ = ["NrfCounter"]

# A tick that is due within this part of one is due now: moments are floating-point seconds.
_ROUNDING_TICKS = 1e-3


class NrfCounter(ABC):
    """Counts ticks of a clock from START to STOP; subclasses say at which frequency and have the registers."""

    registers: list[Register]

    def __init__(self, signals: Signals, virtual: VirtualTime, compares: int, cc_bits: int) -> None:
        self._signals = signals
        self._virtual = virtual
        self.cc = [Register(f"CC{index}", 0x540 + 4 * index, 0, cc_bits) for index in range(compares)]
        self._compared = [signals.add_event(f"COMPARE{index}", 0x140 + 4 * index) for index in range(compares)]
        for name, offset, task in (("START", 0x00, self.start), ("STOP", 0x04, self.stop)):
            signals.add_task(name, offset, task)

    def reset(self) -> None:
        self._signals.reset()
        self._running = False
        self._value = 0
        self._anchor_s = 0.0  # from here on the ticks are counted that `_counted` has
        self._counted = 0

    @property
    def interrupt(self) -> bool:
        return self._signals.interrupt

    def sync(self) -> None:
        """Count what is due by now."""
        if self._running:
            self.count_until(self._virtual.now_s)

    def clock_changed(self) -> None:
        """The clock's frequency is about to change."""
        if self._running:
            self.count_until(self._virtual.now_s)
            self._set_anchor(self._virtual.now_s)

    def next_event_s(self) -> float | None:
        """The moment of the next match that changes anything."""
        hz = self._hz()
        ticks = self._ticks_to_match()
        if not self._running or not hz or ticks is None:
            return None
        return self._anchor_s + (self._counted + ticks) / hz

    def start(self, at_s: float, _count: int) -> None:
        if not self._running:
            self._running = True
            self._set_anchor(at_s)

    def stop(self, at_s: float, _count: int) -> None:
        self.count_until(at_s)
        self._running = False

    def clear(self, at_s: float, _count: int) -> None:
        self.count_until(at_s)
        self._value = 0

    def count_until(self, at_s: float) -> None:
        """Count the clock's ticks until `at_s`. A match may trigger tasks of this very counter on the way."""
        while self._running and (hz := self._hz()):
            due = int((at_s - self._anchor_s) * hz + _ROUNDING_TICKS) - self._counted
            if due <= 0:
                return
            ticks = self._ticks_within(due)
            self._counted += ticks
            self._move(ticks, self._anchor_s + self._counted / hz)

    @abstractmethod
    def _hz(self) -> float:
        """Ticks in a second, 0 if its clock does not run or it does not count a clock."""

    @abstractmethod
    def _mask(self) -> int:
        """The highest value it counts to."""

    def _targets(self) -> list[tuple[int, Event]]:
        """Return the values that cause something, with their events."""
        mask = self._mask()
        return [
            (register.value, event)
            for register, event in zip(self.cc, self._compared, strict=True)
            if register.value <= mask and event.matters
        ]

    def _matched(self, event: Event, at_s: float) -> None:
        event.trigger(at_s)

    def _set_anchor(self, at_s: float) -> None:
        self._anchor_s = at_s
        self._counted = 0

    def _ticks_to_match(self) -> int | None:
        mask = self._mask()
        return min((((value - self._value - 1) & mask) + 1 for value, _ in self._targets()), default=None)

    def _ticks_within(self, most: int) -> int:
        match = self._ticks_to_match()
        return most if match is None else min(most, match)

    def _move(self, ticks: int, at_s: float) -> None:
        self._value = self._value + ticks & self._mask()
        for value, event in self._targets():
            if value == self._value:
                self._matched(event, at_s)
