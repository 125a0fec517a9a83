"""Takes pending exceptions into the core, and faults that firmware has a handler for."""

from __future__ import annotations

from mcubench.virtual.idle import PollWatch
from mcubench.virtual.machine import Machine, Stop
from mcubench.virtual.peripherals.nvic import HARD_FAULT, SV_CALL
from mcubench.virtual.time import VirtualTime
from mcubench.virtual.wiring import ChipParts

__all__ = ["Interrupts"]

# While something is pending that the firmware has masked, the core is stopped to look at the masks: at first after
# every basic block, then less and less often, because a benchmark may mask interrupts for seconds.
_LONGEST_MASKED_CYCLES = 10_000


class Interrupts:
    """The border between the interrupt controller's registers and the core."""

    def __init__(self, machine: Machine, parts: ChipParts, virtual: VirtualTime, polls: PollWatch) -> None:
        self._machine = machine
        self._parts = parts
        self._virtual = virtual
        self._polls = polls
        self._masked_cycles = 1

    @property
    def used(self) -> bool:
        """Whether firmware can be interrupted at all; firmware that polls pays nothing for interrupts."""
        return self._parts.nvic.used or self._parts.systick.interrupts

    def look(self) -> None:
        """Stop the core before its next basic block if it has to take an exception, there or once it unmasks it."""
        if self.used and (self._next() is not None or self._parts.nvic.wakes()):
            self._masked_cycles = 1
            self._machine.stop_soon()

    def deliver(self) -> str:
        """Let the core take what is pending; return why it cannot, empty if it goes on."""
        if not self.used:
            return ""
        number = self._next()
        return "" if number is None else self._enter(number)

    def deadline_cycles(self, slice_cycles: int) -> int:
        """Return when to look again: at the next event, since it may interrupt, and not later than `slice_cycles`."""
        if not self.used:
            return slice_cycles
        event_s = self._polls.next_event_s()
        if event_s is not None:
            # At least one block runs, or rounding could hold time at a moment just before the event.
            event_cycles = max(self._virtual.cycles_at(event_s), self._machine.counter.cycles + 1)
            slice_cycles = min(slice_cycles, event_cycles)
        if self._parts.nvic.wakes():
            slice_cycles = min(slice_cycles, self._machine.counter.cycles + self._masked_cycles)
            self._masked_cycles = min(2 * self._masked_cycles, _LONGEST_MASKED_CYCLES)
        return slice_cycles

    def handle(self, stop: Stop) -> str:
        """Do what the core stopped for; return why it cannot go on, empty if it can."""
        if stop is Stop.CALL:
            return self._enter(SV_CALL)
        if stop is Stop.RETURN:
            self._parts.nvic.deactivate()
            return "" if self._machine.leave_exception() else "exception return without a stack"
        return self._hard_fault(self._machine.fault)

    @property
    def wakes(self) -> bool:
        """Whether WFI ends now."""
        self._parts.sync()
        self._parts.nvic.look()
        return self._parts.nvic.wakes()

    def _next(self) -> int | None:
        self._parts.sync()
        self._parts.nvic.look()
        return self._parts.nvic.next(self._machine.masks())

    def _enter(self, number: int) -> str:
        if not self._machine.enter_exception(number, self._parts.vector_table):
            return f"exception {number} has no handler or no stack"
        self._parts.nvic.activate(number)
        self._polls.interrupted()
        return ""

    def _hard_fault(self, reason: str) -> str:
        """A fault ends in the firmware's HardFault handler; one that happens there stops the core for good."""
        nvic = self._parts.nvic
        if nvic.active == HARD_FAULT:
            return f"{reason}, in its HardFault handler"
        nvic.hfsr.value |= 1 << 30  # FORCED
        failure = self._enter(HARD_FAULT)
        return f"{reason}; {failure}" if failure else ""
