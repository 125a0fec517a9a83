"""Virtual time: CPU cycles over CPU clock, and how it keeps company with the PC's clock."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from mcubench.virtual.timing import CycleCounter

__all__ = ["LONGEST_SLEEP_S", "ROUNDING_S", "Pace", "VirtualTime"]

# Moments are floating-point seconds, the clock moves in whole cycles: what is due this soon is due now.
ROUNDING_S = 1e-9

# Firmware that polls with a time-out of its own must get to look at its counter now and then.
LONGEST_SLEEP_S = 0.02
# How far line transfers may be slept out in real time, refilled by idle time: a conversation then runs at the pace of a
# real board, so that a host can compare clocks across it, while bulk transfers run as fast as the PC.
_ALLOWANCE_S = 0.02
# A sleep shorter than this costs more than it is worth.
_SHORTEST_SLEEP_S = 0.0003
# In real time bytes from outside are noticed this often, even while the line is busy: as often as a USB adapter looks.
_REAL_TIME_STEP_S = 0.001
# A PC that needed longer than this since the board was last idle was computing, and virtual time does not follow it.
_LONGEST_CATCH_UP_S = 0.05


class VirtualTime:
    """Seconds since power-on of one board, by its own cycles; the clock frequency may change on the way."""

    def __init__(self, counter: CycleCounter, hz: float) -> None:
        self._counter = counter
        self._hz = hz
        self._base_s = 0.0
        self._base_cycles = counter.cycles

    @property
    def hz(self) -> float:
        """True frequency of the CPU clock now."""
        return self._hz

    @property
    def now_s(self) -> float:
        return self._base_s + (self._counter.cycles - self._base_cycles) / self._hz

    def set_hz(self, hz: float) -> None:
        """Change the CPU clock from now on."""
        self._base_s = self.now_s
        self._base_cycles = self._counter.cycles
        self._hz = hz

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass without executing anything."""
        if seconds > 0:
            self._counter.add_idle(max(1, math.ceil(seconds * self._hz)))

    def cycles_at(self, at_s: float) -> int:
        """Return the cycle count at which `at_s` will have come, if the clock stays as it is."""
        return self._base_cycles + math.ceil((at_s - self._base_s) * self._hz)


class Pace:
    """Lets virtual time pass while the firmware has nothing to do.

    Idle time is real time: two readings of the board's cycle counter, taken half a second apart by a host's clock,
    differ by half a second of cycles. Computing takes virtual time by cycles, however long the PC needs for it.
    """

    def __init__(self, virtual: VirtualTime, wait: Callable[[float], None], real_time: bool = False) -> None:
        """`wait(timeout_s)` returns when something has come from outside, at the latest after `timeout_s`.

        With `real_time` virtual time never runs ahead of real time, whatever passes. Where the PC is too slow it falls
        behind, catches up only where it would have been ahead, and does not count the PC's slowness as waiting.
        """
        self._real_time = real_time
        self._worked = False  # something came or went since the board was last idle
        self._virtual = virtual
        self._wait = wait
        self._allowance_s = _ALLOWANCE_S
        self._in_step_s = time.monotonic()
        self._set_anchor()

    def skip_to(self, at_s: float, most_s: float = math.inf) -> None:
        """Pass to a known moment, not beyond `most_s`, in no real time or, within the allowance, in as much."""
        if self._real_time:
            self._worked = True
            self._follow(min(at_s, most_s))
            return
        self._virtual.advance(min(at_s, most_s) - self._virtual.now_s)
        ahead_s = min(self._ahead_s(), self._allowance_s)
        if ahead_s > _SHORTEST_SLEEP_S:
            self._allowance_s -= ahead_s
            time.sleep(ahead_s)

    def hold(self) -> None:
        """Let real time catch up, where that is asked for."""
        if self._real_time and (ahead_s := self._ahead_s()) > _SHORTEST_SLEEP_S:
            time.sleep(ahead_s)

    def idle(self, until_s: float = math.inf) -> None:
        """Sleep until something comes from outside, for a bounded time, at most until the virtual moment `until_s`."""
        self.keep_step(until_s)
        behind_s = max(0.0, -self._ahead_s())
        timeout_s = min(LONGEST_SLEEP_S, until_s - self._virtual.now_s) - behind_s
        start_s = time.monotonic()
        self._wait(max(0.0, timeout_s))
        self._allowance_s = min(_ALLOWANCE_S, self._allowance_s + time.monotonic() - start_s)
        self._catch_up(until_s)
        self._in_step_s = time.monotonic()

    def keep_step(self, until_s: float = math.inf) -> None:
        """Let virtual time follow real time, now that the firmware waits, at most until the virtual moment `until_s`.

        It catches up with a short piece of work that took the PC longer than its cycles say. After long work, or where
        bulk transfers went faster than the line, the two just go on together from here.
        """
        now_s = time.monotonic()
        ahead_s = self._ahead_s()
        if self._real_time:
            self.hold()
            if ahead_s < 0 and self._worked:
                self._set_anchor()
            self._worked = False
            self._catch_up(until_s)
        elif now_s - self._in_step_s > _LONGEST_CATCH_UP_S or ahead_s > _SHORTEST_SLEEP_S:
            self._set_anchor()
        else:
            self._catch_up(until_s)
        self._in_step_s = now_s

    def _catch_up(self, until_s: float) -> None:
        """Pass the time that real time is ahead by, but not beyond `until_s`: a timer's moment is never missed.

        What is left is passed the next time, when firmware has had the chance to reload its watchdog.
        """
        self._virtual.advance(min(-self._ahead_s(), until_s - self._virtual.now_s))

    def _follow(self, at_s: float) -> None:
        """Pass to a moment in as much real time, but in steps so short that bytes from outside are noticed."""
        self._virtual.advance(min(at_s, self._virtual.now_s + _REAL_TIME_STEP_S) - self._virtual.now_s)
        self.hold()

    def _set_anchor(self) -> None:
        """From now on, equal times pass on both clocks."""
        self._anchor_real_s = time.monotonic()
        self._anchor_virtual_s = self._virtual.now_s

    def _ahead_s(self) -> float:
        return (self._virtual.now_s - self._anchor_virtual_s) - (time.monotonic() - self._anchor_real_s)
