"""Notices that firmware only polls, and lets time pass instead of spinning."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.virtual.registers import Poll, Register
from mcubench.virtual.time import Pace, VirtualTime
from mcubench.virtual.timing import CycleCounter

__all__ = ["EventSource", "PollWatch"]

# The same value read this often in a row, with little work between the reads, is a polling loop. Our firmware's idle
# loop takes about 100 cycles (1000 without caches); taking 64 bytes that lie in its ring takes 2500, and is no waiting.
_READS = 3
_WORK_CYCLES = 1500

# Returns the virtual moment of its next event, None if nothing is going to happen by itself.
EventSource = Callable[[], float | None]


class PollWatch:
    """Decides when to let time pass, and how much.

    While something is under way on the chip or on the line (`add_events`), time skips to its next event. While
    something can only come from outside, or from a timer (`add_timer`), the board sleeps in real time.
    """

    def __init__(self, counter: CycleCounter, virtual: VirtualTime, pace: Pace) -> None:
        self._counter = counter
        self._virtual = virtual
        self._pace = pace
        self._events: list[EventSource] = []
        self._timers: list[EventSource] = []
        self._last: dict[Register, tuple[int, int, int]] = {}  # value, cycles at that time, reads in a row
        self.look_outside: Callable[[], None] = lambda: None
        self.after_wait: Callable[[], None] = lambda: None

    def add_events(self, source: EventSource) -> None:
        self._events.append(source)

    def add_timer(self, source: EventSource) -> None:
        self._timers.append(source)

    def watch(self, register: Register, sync: Callable[[], None] | None, value: int) -> int:
        """Return what firmware shall see for a read of `register`, after waiting if this is a polling loop.

        `value` is what it reads now; `sync` brings its peripheral up to date after the wait.
        """
        last_value, last_cycles, reads = self._last.get(register, (value, 0, 0))
        if value != last_value:
            self._last.clear()  # something happened, which firmware may now be busy with
        polling = value == last_value and self._counter.cycles - last_cycles < _WORK_CYCLES
        reads = reads + 1 if polling else 0
        if reads >= _READS:
            self.pass_time(register.poll is Poll.LINE)
            if sync is not None:
                sync()
            self.after_wait()
            value = register.get()
        self._last[register] = value, self._counter.cycles, reads
        return value

    def interrupted(self) -> None:
        """An exception is taken: reads in its handler do not belong to a loop."""
        self._last.clear()

    def pass_time(self, may_sleep: bool) -> None:
        """Let time pass until the next event; with `may_sleep` also until something comes from outside."""
        if may_sleep and self._next(self._events) is None:
            self._pace.keep_step(self._next(self._timers))  # before bytes that have come begin to arrive
        self.look_outside()
        event_s = self._next(self._events)
        if event_s is not None:
            self._pace.skip_to(event_s)
        elif may_sleep:
            self._pace.idle(self._next(self._timers))
            self.look_outside()

    def next_event_s(self) -> float | None:
        """The next moment at which anything happens by itself."""
        return self._next(self._events + self._timers)

    def _next(self, sources: list[EventSource]) -> float | None:
        moments = [moment for source in sources if (moment := source()) is not None]
        return min(moments, default=None)
