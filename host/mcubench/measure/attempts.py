"""A point whose board was reset meanwhile is measured again from the start: nothing of before counts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mcubench.errors import CheckFailedError, RestartedError, RigError
from mcubench.measure.bench import Bench, Settings
from mcubench.measure.plan import Point
from mcubench.measure.point import PointMeasurement
from mcubench.models import Vectors
from mcubench.store import Record

__all__ = ["measure_point"]

# A board that was reset in each of them would be in the next.
MOST_ATTEMPTS = 3
# Causes of a reset that are the firmware's own.
CRASHES = ("fault", "watchdog")
ADDRESSES = ("pc", "lr")


def measure_point(
    bench: Bench,
    point: Point,
    vectors: Vectors,
    settings: Settings,
    run_id: str,
    on_step: Callable[[str], None],
) -> Record:
    """Return the record of a point, from the first attempt in which the board was not reset.

    If the firmware crashes in each the record is a failed one. Otherwise a board that is reset each time, and a rig
    that fails, raise RigError.
    """
    start_s = time.monotonic()
    resets: list[RestartedError] = []
    interruptions: list[str] = []
    recoveries: list[dict[str, Any]] = []
    started_at = None
    while True:
        attempt = PointMeasurement(bench, point, vectors, settings, run_id, on_step)
        record = None
        try:
            record = attempt.measure()
        except RestartedError as exc:
            resets.append(exc)
            interruptions.append(_in_words(exc, attempt, bench))
        recoveries += [{"attempt": len(resets) + (record is not None), **each} for each in attempt.recoveries]
        if record is None and len(resets) == MOST_ATTEMPTS:
            record = _failed(attempt, resets, interruptions, point)
        started_at = started_at or attempt.started_at
        if record:
            return replace(
                record,
                started_at=started_at,
                attempts=min(len(resets) + 1, MOST_ATTEMPTS),
                interruptions=interruptions,
                recoveries=recoveries,
                elapsed_s=round(time.monotonic() - start_s, 3),
            )


def _failed(attempt: PointMeasurement, resets: list[RestartedError], interruptions: list[str], point: Point) -> Record:
    """Return the record of a point at which the firmware always crashes; RigError if it was anything else."""
    if all(reset.cause in CRASHES for reset in resets):
        return attempt.failed(CheckFailedError(f"in each of {len(resets)} attempts, last: {interruptions[-1]}"))
    told = "; ".join(dict.fromkeys(interruptions))
    seen = f"; last trouble: {attempt.recoveries[-1]['why']}" if attempt.recoveries else ""
    raise RigError(f"{resets[-1].port}: in each of {len(resets)} attempts at {point.id}: {told}{seen}") from resets[-1]


def _in_words(reset: RestartedError, attempt: PointMeasurement, bench: Bench) -> str:
    """Say why and when the board was reset, and where in the sources its firmware crashed, if it did."""
    said = f"the board was reset (cause: {reset.cause}) while {attempt.doing}"
    if attempt.recoveries:
        said += f", brought back by: {attempt.recoveries[-1]['step']}"
    if reset.fault is None:
        return said
    words = [f"{key}={value}{_place(key, value, bench)}" for key, value in reset.fault.items() if key != "boot"]
    return f"{said}; its firmware crashed: {' '.join(words)}"


def _place(key: str, value: str, bench: Bench) -> str:
    try:
        place = bench.locate(int(value, 16)) if key in ADDRESSES else None
    except ValueError:  # what it says is no address
        place = None
    return f" [{place}]" if place else ""
