"""RTC of nRF52840 (PS, chapter RTC): a 24-bit counter of the low-frequency clock.

Not modelled: the clock cycles that its tasks and compare values take to act.
"""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.nrf_counter import NrfCounter
from mcubench.virtual.peripherals.nrf_signals import Event, Interconnect, Signals
from mcubench.virtual.registers import Register
from mcubench.virtual.time import VirtualTime

__all__ = ["NrfRtc"]

_MASK = 0xFFFFFF
_NEARLY_OVER = 0xFFFFF0


class NrfRtc(NrfCounter):
    """One RTC. An event happens only if it is enabled, for the PPI (EVTEN) or as an interrupt."""

    def __init__(
        self,
        name: str,
        base: int,
        compares: int,
        interconnect: Interconnect,
        virtual: VirtualTime,
        lfclk_hz: Callable[[], float],
        journal: Journal,
    ) -> None:
        """`lfclk_hz` is the true frequency of the low-frequency clock, 0 while it is off."""
        self._name = name
        self._lfclk_hz = lfclk_hz
        self._journal = journal
        signals = Signals(base, interconnect, virtual)
        super().__init__(signals, virtual, compares, _MASK)
        self._tick = signals.add_event("TICK", 0x100)
        self._overflow = signals.add_event("OVRFLW", 0x104)
        signals.add_task("CLEAR", 0x08, self.clear)
        signals.add_task("TRIGOVRFLW", 0x0C, self._go_to_end)
        self._prescaler = Register("PRESCALER", 0x508, 0, 0xFFF, write=self._write_prescaler)
        self._routed = Register("EVTEN", 0x340, 0, 0xF0003)
        self.registers = [
            *signals.registers(),
            self._routed,
            Register("EVTENSET", 0x344, 0, 0, 0xF0003, lambda: self._routed.value, self._enable),
            Register("EVTENCLR", 0x348, 0, 0, 0xF0003, lambda: self._routed.value, self._disable),
            Register("COUNTER", 0x504, 0, 0, read=lambda: self._value),
            self._prescaler,
            *self.cc,
        ]
        self.reset()

    def _hz(self) -> float:
        return self._lfclk_hz() / (self._prescaler.value + 1)

    def _mask(self) -> int:
        return _MASK

    def _targets(self) -> list[tuple[int, Event]]:
        targets = [*super()._targets(), (0, self._overflow), (self._value + 1 & _MASK, self._tick)]
        return [(value, event) for value, event in targets if event.matters and self._is_enabled(event)]

    def _move(self, ticks: int, at_s: float) -> None:
        super()._move(ticks, at_s)
        if self._tick.matters and self._is_enabled(self._tick):
            self._matched(self._tick, at_s)

    def _is_enabled(self, event: Event) -> bool:
        return bool(self._routed.value >> event.number & 1) or self._signals.interrupts(event)

    def _go_to_end(self, at_s: float, _count: int) -> None:
        self.count_until(at_s)
        self._value = _NEARLY_OVER

    def _enable(self, value: int) -> None:
        self._routed.value |= value & self._routed.writable

    def _disable(self, value: int) -> None:
        self._routed.value &= ~value

    def _write_prescaler(self, _value: int) -> None:
        if self._running:
            self._journal.violation(
                f"{self._name} prescaler", f"{self._name}_PRESCALER: written while the counter runs; stop it first"
            )
