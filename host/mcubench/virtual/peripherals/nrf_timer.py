"""TIMER of nRF52840 (PS, chapter TIMER): counts 16 MHz over a power of two, or the times its task is triggered."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.journal import Journal
from mcubench.virtual.peripherals.nrf_counter import NrfCounter
from mcubench.virtual.peripherals.nrf_signals import Interconnect, Signals, Task
from mcubench.virtual.registers import Poll, Register
from mcubench.virtual.time import VirtualTime

__all__ = ["NrfTimer"]

_BITS = (16, 8, 24, 32)  # by BITMODE
_TIMER_MODE = 0
_HIGHEST_PRESCALER = 9


class NrfTimer(NrfCounter):
    """One TIMER with its compare registers."""

    def __init__(
        self,
        name: str,
        base: int,
        compares: int,
        interconnect: Interconnect,
        virtual: VirtualTime,
        peripheral_hz: Callable[[], float],
        journal: Journal,
    ) -> None:
        """`peripheral_hz` is the true frequency of PCLK16M."""
        self._name = name
        self._peripheral_hz = peripheral_hz
        self._journal = journal
        signals = Signals(base, interconnect, virtual)
        super().__init__(signals, virtual, compares, 0xFFFFFFFF)
        for task_name, offset, task in (
            ("CLEAR", 0x0C, self.clear),
            ("SHUTDOWN", 0x10, self._shut_down),
        ):
            signals.add_task(task_name, offset, task)
        signals.add_task("COUNT", 0x08, self._count, counts=True)
        for index, event in enumerate(self._compared):
            signals.add_task(f"CAPTURE{index}", 0x40 + 4 * index, self._capture_into(self.cc[index]))
            signals.add_short(index, event, self.clear)
            signals.add_short(8 + index, event, self.stop)
        self._mode = Register("MODE", 0x504, 0, 3, write=self._write_mode)
        self._bitmode = Register("BITMODE", 0x508, 0, 3, write=self._write_setting("BITMODE"))
        self._prescaler = Register("PRESCALER", 0x510, 4, 0xF, write=self._write_setting("PRESCALER"))
        self.registers = [*signals.registers(), self._mode, self._bitmode, self._prescaler, *self.cc]
        self.reset()

    def reset(self) -> None:
        super().reset()
        self._set_polling()

    def _hz(self) -> float:
        if self._mode.value != _TIMER_MODE:
            return 0.0
        return self._peripheral_hz() / (1 << min(self._prescaler.value, _HIGHEST_PRESCALER))

    def _mask(self) -> int:
        return (1 << _BITS[self._bitmode.value]) - 1

    def _count(self, at_s: float, count: int) -> None:
        if self._mode.value == _TIMER_MODE or not self._running:
            why = "in timer mode" if self._mode.value == _TIMER_MODE else "while it is stopped"
            self._journal.violation(f"{self._name} count", f"{self._name}_TASKS_COUNT: triggered {why}: not counted")
            return
        while count and self._running:
            ticks = self._ticks_within(count)
            count -= ticks
            self._move(ticks, at_s)

    def _shut_down(self, at_s: float, count: int) -> None:
        self.stop(at_s, count)
        self._value = 0

    def _capture_into(self, register: Register) -> Task:
        def capture(at_s: float, _count: int) -> None:
            self.count_until(at_s)
            register.value = self._value

        return capture

    def _write_mode(self, _value: int) -> None:
        self._report_running("MODE")
        self._set_polling()

    def _set_polling(self) -> None:
        """What was captured of a clock changes by itself; of a counter, only when something arrives."""
        for register in self.cc:
            register.poll = Poll.NEVER if self._mode.value == _TIMER_MODE else Poll.LINE

    def _write_setting(self, name: str) -> Callable[[int], None]:
        return lambda _value: self._report_running(name)

    def _report_running(self, name: str) -> None:
        if self._running:
            self._journal.violation(
                f"{self._name} {name}", f"{self._name}_{name}: written while the timer runs, which is unpredictable"
            )
