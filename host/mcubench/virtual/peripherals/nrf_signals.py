"""Tasks, events, shortcuts and interrupts, which nRF52 peripherals all have in the same shape.

nRF52840 Product Specification (PS), "Peripheral interface": a task is a register that firmware writes 1 to, an event
one that the peripheral sets and firmware clears. The event at 0x100 + 4 n has bit n in INTENSET and INTENCLR.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from mcubench.virtual.journal import Journal
from mcubench.virtual.registers import Poll, Register, bit
from mcubench.virtual.time import VirtualTime

__all__ = ["Event", "Interconnect", "Signals", "Task"]

# Called with the moment it is triggered and how many times in a row.
Task = Callable[[float, int], None]

_EVENTS = 0x100
# An event that leads back to itself in no time would never end; silicon goes round once in each clock cycle.
_DEEPEST = 64


class Interconnect:
    """All tasks and events of a chip by their addresses, and which event triggers which tasks."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.tasks: dict[int, Task] = {}
        self.counting: set[int] = set()  # tasks that only count how often they are triggered
        self.events: set[int] = set()
        self._routes: Mapping[int, Sequence[int]] = {}
        self._depth = 0

    def connect(self, routes: Mapping[int, Sequence[int]]) -> None:
        """Let each event trigger its tasks from now on, by their addresses, instead of what was connected before."""
        self._routes = routes

    def only_counts(self, event: int) -> bool:
        """Whether it makes no difference to its tasks when exactly an event happened, if only all are counted."""
        return all(task in self.counting for task in self._routes.get(event, ()))

    def is_routed(self, event: int) -> bool:
        return event in self._routes

    def raised(self, event: int, at_s: float, count: int) -> None:
        """Trigger the tasks of an event that happened `count` times, at last at `at_s`."""
        tasks = self._routes.get(event)
        if not tasks:
            return
        if self._depth == _DEEPEST:
            self._journal.violation("ppi loop", f"PPI: the event 0x{event:08x} triggers itself without end")
            return
        self._depth += 1
        for task in tasks:
            self.tasks[task](at_s, count)
        self._depth -= 1


class Event:
    """One event register; `trigger` is for the peripheral that has it."""

    def __init__(self, name: str, offset: int, poll: Poll, base: int, interconnect: Interconnect) -> None:
        self.register = Register(f"EVENTS_{name}", offset, 0, 0, 1, write=self._write, poll=poll)
        self.number = (offset - _EVENTS) // 4
        self._address = base + offset
        self._interconnect = interconnect
        self._shorts: list[tuple[Callable[[], bool], Task]] = []

    def trigger(self, at_s: float, count: int = 1) -> None:
        """The event happens `count` times, at last at `at_s`."""
        self.register.value = 1
        for is_on, task in self._shorts:
            if is_on():
                task(at_s, 1)
        self._interconnect.raised(self._address, at_s, count)

    def add_short(self, is_on: Callable[[], bool], task: Task) -> None:
        self._shorts.append((is_on, task))

    @property
    def only_counts(self) -> bool:
        """Whether many at once are as good as one after the other."""
        return self._interconnect.only_counts(self._address)

    @property
    def matters(self) -> bool:
        """Whether anything would be different if it happened now."""
        return (
            not self.register.value
            or self._interconnect.is_routed(self._address)
            or any(is_on() for is_on, _ in self._shorts)
        )

    def _write(self, value: int) -> None:
        if not value & 1:
            self.register.value = 0


class Signals:
    """The tasks, events, shortcuts and interrupt enables of one peripheral."""

    def __init__(self, base: int, interconnect: Interconnect, virtual: VirtualTime, has_inten: bool = False) -> None:
        """`has_inten`: there is also a register INTEN."""
        self._base = base
        self._interconnect = interconnect
        self._virtual = virtual
        self._has_inten = has_inten
        self._tasks: list[Register] = []
        self._events: list[Event] = []
        self._shorts = Register("SHORTS", 0x200, 0, 0)
        self._enabled = 0

    def add_task(self, name: str, offset: int, task: Task, counts: bool = False) -> None:
        """`counts`: all that the task does is to count."""
        self._interconnect.tasks[self._base + offset] = task
        if counts:
            self._interconnect.counting.add(self._base + offset)
        self._tasks.append(Register(f"TASKS_{name}", offset, 0, 0, 1, write=lambda value: self._triggered(task, value)))

    def add_event(self, name: str, offset: int, poll: Poll = Poll.LINE) -> Event:
        event = Event(name, offset, poll, self._base, self._interconnect)
        self._interconnect.events.add(self._base + offset)
        self._events.append(event)
        return event

    def add_short(self, position: int, event: Event, task: Task) -> None:
        self._shorts.writable |= 1 << position
        event.add_short(lambda: bit(self._shorts.value, position), task)

    def registers(self) -> list[Register]:
        """Return all registers, once everything has been added."""
        mask = sum(1 << event.number for event in self._events)

        def enable(value: int) -> None:
            self._enabled |= value & mask

        def disable(value: int) -> None:
            self._enabled &= ~value

        def replace(value: int) -> None:
            self._enabled = value & mask

        rows = [("INTENSET", 0x304, enable), ("INTENCLR", 0x308, disable)]
        if self._has_inten:
            rows.append(("INTEN", 0x300, replace))
        return [
            *self._tasks,
            *(event.register for event in self._events),
            *([self._shorts] if self._shorts.writable else []),
            *(Register(name, offset, 0, 0, mask, lambda: self._enabled, write) for name, offset, write in rows),
        ]

    def reset(self) -> None:
        self._enabled = 0

    def interrupts(self, event: Event) -> bool:
        """Whether the event's interrupt is on."""
        return bit(self._enabled, event.number)

    @property
    def interrupt(self) -> bool:
        """Whether the interrupt line is active."""
        return bool(self._enabled) and any(
            event.register.value and self._enabled >> event.number & 1 for event in self._events
        )

    def _triggered(self, task: Task, value: int) -> None:
        if value & 1:
            task(self._virtual.now_s, 1)
