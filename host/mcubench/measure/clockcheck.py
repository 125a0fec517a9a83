"""The CPU clock by the host's clock: two readings of the cycle counter, each between two readings of the host's."""

from __future__ import annotations

import time
from dataclasses import dataclass

from mcubench.protocol import Board

__all__ = ["TOLERANCE", "ClockCheck", "check_clock"]

# A crystal is off by 0.01 %, the STM32F746's internal oscillator by up to 1 % at 25 C (data sheet, HSI after
# calibration). A board that runs from the wrong crystal or PLL setting is off by far more.
TOLERANCE = 0.01
# Ticks at each end; the one with the shortest round trip is known best.
TICKS = 5
# The longer the span, the less a round trip counts. The others are for a busy host and for a slow line.
SPANS_S = (0.4, 1.0, 2.0, 4.0)
COUNTER_MODULUS = 1 << 32


@dataclass(frozen=True)
class ClockCheck:
    """What the host's clock says about the CPU's; `uncertainty_hz` is the most that the round trips leave open."""

    believed_hz: int
    verified_hz: int
    uncertainty_hz: int

    @property
    def deviation(self) -> float:
        """How far the clock is from what the board believes, as a fraction."""
        return self.verified_hz / self.believed_hz - 1

    @property
    def good(self) -> bool:
        return abs(self.deviation) <= TOLERANCE

    @property
    def certain(self) -> bool:
        """Whether what the round trips leave open is less than what is tolerated."""
        return self.uncertainty_hz <= TOLERANCE * self.believed_hz


@dataclass(frozen=True)
class _Reading:
    """The counter at some moment between two of the host's."""

    cycles: int
    before_s: float
    after_s: float

    @property
    def middle_s(self) -> float:
        return (self.before_s + self.after_s) / 2

    @property
    def round_trip_s(self) -> float:
        return self.after_s - self.before_s


def check_clock(board: Board, believed_hz: int) -> ClockCheck:
    """Measure the clock that `board` believes to be `believed_hz`; look longer before it is called wrong.

    It is also looked at longer while round trips leave too much open. In the end the most certain look counts.
    """
    looks = []
    for span_s in SPANS_S:
        look = _measure(board, believed_hz, span_s)
        if look.good and look.certain:
            return look
        looks.append(look)
    return min(looks, key=lambda look: look.uncertainty_hz)


def _measure(board: Board, believed_hz: int, span_s: float) -> ClockCheck:
    # The counter wraps: at 288 MHz after 15 s. A span must stay well below.
    span_s = min(span_s, COUNTER_MODULUS / believed_hz / 4)
    start = _best_reading(board)
    time.sleep(span_s)
    end = _best_reading(board)
    cycles = (end.cycles - start.cycles) % COUNTER_MODULUS
    elapsed_s = end.middle_s - start.middle_s
    # The counter was read somewhere within each round trip.
    slack_s = (start.round_trip_s + end.round_trip_s) / 2
    verified_hz = cycles / elapsed_s
    uncertainty_hz = verified_hz * slack_s / elapsed_s
    if elapsed_s > COUNTER_MODULUS / believed_hz / 2:
        # The host slept too long: the counter may have wrapped more often than is seen.
        uncertainty_hz += COUNTER_MODULUS / elapsed_s
    return ClockCheck(believed_hz, round(verified_hz), round(uncertainty_hz))


def _best_reading(board: Board) -> _Reading:
    readings = []
    for _ in range(TICKS):
        before_s = time.monotonic()
        tick = board.tick()
        readings.append(_Reading(tick.cycles, before_s, time.monotonic()))
    return min(readings, key=lambda reading: reading.round_trip_s)
