"""Notices that firmware only polls, and lets time pass instead of spinning."""

from __future__ import annotations

import math
from collections.abc import Callable

from mcubench.virtual.registers import Poll, Register
from mcubench.virtual.time import Pace, VirtualTime
from mcubench.virtual.timing import CycleCounter

__all__ = ["EventSource", "PollWatch"]

# The same value read this often in a row, with little work between the reads, is a polling loop. Our firmware's idle
# loop takes about 100 cycles (1000 without caches); taking 64 bytes that lie in its ring takes 2500, and is no waiting.
_READS = 3
_WORK_CYCLES = 1500
# A watchdog is approached in halves of what is left until it is this near: firmware that reloads it while it polls
# always gets to do so, and firmware that does not is bitten after some more polls.
_WATCHDOG_S = 50e-6

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
        self._watchdogs: list[EventSource] = []
        self._last: dict[Register, tuple[int, int, int]] = {}  # value, cycles at that time, reads in a row
        self.look_outside: Callable[[], None] = lambda: None
        self.after_wait: Callable[[], None] = lambda: None

    def add_events(self, source: EventSource) -> None:
        self._events.append(source)

    def add_timer(self, source: EventSource) -> None:
        self._timers.append(source)

    def add_watchdog(self, source: EventSource) -> None:
        """`source` returns the moment of a reset that firmware can put off by what it does between two polls."""
        self._watchdogs.append(source)

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
        """An exception is taken, or the core is reset: what it reads from now on does not belong to a loop."""
        self._last.clear()

    def pass_time(self, may_sleep: bool) -> None:
        """Let time pass until the next event; with `may_sleep` also until something comes from outside."""
        if may_sleep and self._next(self._events) is None:
            self._pace.keep_step(self._limit_s())  # before bytes that have come begin to arrive
        self.look_outside()
        event_s = self._next(self._events)
        if event_s is not None:
            self._pace.skip_to(event_s, self._before_watchdog_s())
        elif may_sleep:
            self._pace.idle(self._limit_s())
            self.look_outside()

    def next_event_s(self) -> float | None:
        """The next moment at which anything happens by itself."""
        return self._next(self._events + self._timers)

    def _limit_s(self) -> float:
        """The moment up to which waiting is safe."""
        timer_s = self._next(self._timers)
        return self._before_watchdog_s() if timer_s is None else min(timer_s, self._before_watchdog_s())

    def _before_watchdog_s(self) -> float:
        now_s = self._virtual.now_s
        bite_s = self._next(self._watchdogs)
        return math.inf if bite_s is None else now_s + max((bite_s - now_s) / 2, _WATCHDOG_S)

    def _next(self, sources: list[EventSource]) -> float | None:
        moments = [moment for source in sources if (moment := source()) is not None]
        return min(moments, default=None)
