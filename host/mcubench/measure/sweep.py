"""Measuring many points on one board or several equal ones at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from queue import SimpleQueue

from mcubench.measure.plan import Point
from mcubench.measure.point import Bench
from mcubench.store import Record

__all__ = ["PointDone", "StepStarted", "sweep_points"]

OpenBench = Callable[[], AbstractContextManager[Bench]]
Measure = Callable[[Bench, Point, Callable[[str], None]], Record]

# A worker whose board was just killed leaves at its next read; one that waits for a real board may stay behind.
LEAVE_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class StepStarted:
    """A step of measuring a point begins."""

    point: Point
    name: str


@dataclass(frozen=True)
class PointDone:
    """A point was measured."""

    point: Point
    record: Record


@dataclass(frozen=True)
class _Left:
    """A worker has nothing more to do, or failed."""

    error: BaseException | None


_Event = StepStarted | PointDone | _Left


def sweep_points(
    points: Sequence[Point], openers: Sequence[OpenBench], measure: Measure
) -> Iterator[StepStarted | PointDone]:
    """Measure every point on whichever bench is free, and yield what happens, in the caller's thread.

    The first trouble of a bench ends the sweep: it is raised here, after all benches were aborted.
    """
    todo = deque(points)
    events: SimpleQueue[_Event] = SimpleQueue()
    workers = [_Worker(open_bench, todo, events, measure) for open_bench in openers]
    try:
        for worker in workers:
            worker.start()
        for _ in workers:
            while not isinstance(event := events.get(), _Left):
                yield event
            if event.error:
                raise event.error
    finally:
        todo.clear()
        for worker in workers:
            worker.abort()
        for worker in workers:
            worker.join(LEAVE_TIMEOUT_S)


class _Worker(threading.Thread):
    """Opens a bench and measures points on it until none is left. A daemon, so that Ctrl-C ends the program at once."""

    def __init__(
        self, open_bench: OpenBench, todo: deque[Point], events: SimpleQueue[_Event], measure: Measure
    ) -> None:
        super().__init__(daemon=True)
        self._open_bench = open_bench
        self._todo = todo
        self._events = events
        self._measure = measure
        self._bench: Bench | None = None

    def run(self) -> None:
        error: BaseException | None = None
        try:
            with self._open_bench() as bench:
                self._bench = bench
                self._measure_points(bench)
        except BaseException as exc:  # it is raised again in the thread that asked for the sweep
            error = exc
        self._events.put(_Left(error))

    def abort(self) -> None:
        """Let a program that is the board end at once, so that nothing waits for it any longer."""
        if self._bench and self.is_alive():
            self._bench.abort()

    def _measure_points(self, bench: Bench) -> None:
        while True:
            try:
                point = self._todo.popleft()
            except IndexError:
                return
            self._events.put(PointDone(point, self._measure(bench, point, self._step_reporter(point))))

    def _step_reporter(self, point: Point) -> Callable[[str], None]:
        return lambda name: self._events.put(StepStarted(point, name))
