"""Takes pending exceptions into the core, and faults that firmware has a handler for."""

from __future__ import annotations

from mcubench.virtual.core_fault import HARD_FAULT, STACKING, CoreFault
from mcubench.virtual.idle import PollWatch
from mcubench.virtual.machine import Machine, Stop
from mcubench.virtual.peripherals.nvic import SV_CALL
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
            if self._parts.nvic.takes(SV_CALL, self._machine.masks()):
                return self._enter(SV_CALL)
            return self._enter_forced("SVC where none can be taken")
        if stop is Stop.RETURN:
            fault = self._machine.leave_exception()
            self._parts.nvic.deactivate()
            return "" if fault is None else self._take(fault, framed=True)
        return self._take(self._machine.fault)

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

    def _take(self, fault: CoreFault, framed: bool = False) -> str:
        """Take the exception of a fault, or HardFault in its place (ARMv7-M B1.5.14); with `framed` none is pushed."""
        nvic = self._parts.nvic
        nvic.faults.note(fault)
        if fault.exception != HARD_FAULT:
            if nvic.takes(fault.exception, self._machine.masks()):
                return self._enter(fault.exception, framed)
            return self._enter_forced(fault.reason, framed)
        nvic.faults.note_breakpoint()
        return self._enter_hard_fault(fault.reason, framed)

    def _enter_forced(self, reason: str, framed: bool = False) -> str:
        self._parts.nvic.faults.note_forced()
        return self._enter_hard_fault(reason, framed)

    def _enter_hard_fault(self, reason: str, framed: bool) -> str:
        """Enter HardFault; where that cannot be, the core locks up (ARMv7-M B1.5.15)."""
        if not self._parts.nvic.takes(HARD_FAULT, self._machine.masks()):
            return f"{reason}, where no HardFault can be taken"
        return self._enter(HARD_FAULT, framed)

    def _enter(self, number: int, framed: bool = False) -> str:
        """Push the frame, unless one is there, and go to the handler of `number`; a fault on the way comes first."""
        if not framed and not self._machine.push_frame():
            if number != HARD_FAULT:
                self._parts.nvic.pend(number)
                return self._take(STACKING, framed=True)
            self._parts.nvic.faults.note(STACKING)
        if not self._machine.enter_handler(number, self._parts.vector_table):
            self._parts.nvic.faults.note_no_vector()
            if number == HARD_FAULT:
                return "no vector of the HardFault handler"
            return self._enter_hard_fault(f"no vector of exception {number}", framed=True)
        self._parts.nvic.activate(number)
        self._polls.interrupted()
        return ""
