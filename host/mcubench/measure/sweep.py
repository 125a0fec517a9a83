"""Measuring many points on several boards at once. A board that is lost does not stop the others."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from queue import SimpleQueue
from types import TracebackType

from mcubench.deadline import Deadline
from mcubench.measure.bench import Bench
from mcubench.measure.plan import Point
from mcubench.measure.pool import PointPool
from mcubench.protocol import ClockTable
from mcubench.store import Record

__all__ = ["BoardLost", "BoardOpened", "Lane", "PointDone", "StepStarted", "SweepCrew"]

OpenBench = Callable[[], AbstractContextManager[Bench]]
Measure = Callable[[Bench, Point, Callable[[str], None]], Record]

# A worker whose board was just killed leaves at its next read, one with a real board before its next step, to give the
# board back; one in a long step may stay behind.
LEAVE_TIMEOUT_S = 5.0


@dataclass(eq=False)
class Lane:
    """One board of a sweep. One that `can_multiply` is opened again for every further point that is measured at once.

    `computes_here` tells that it keeps this PC busy when it is opened and while it is measured. `needs_quiet` tells
    that the board's times are those of this PC, so that nothing else may compute here meanwhile. `points` are those
    still to be measured; equal boards may share them. Both may be set once the board was opened.
    """

    title: str
    open_bench: OpenBench
    can_multiply: bool = False
    computes_here: bool = False
    needs_quiet: bool = False
    points: PointPool = field(default_factory=PointPool)


@dataclass(frozen=True)
class BoardOpened:
    """A board has said hello."""

    lane: Lane
    bench: Bench
    clocks: ClockTable


@dataclass(frozen=True)
class StepStarted:
    """A step of measuring a point begins."""

    lane: Lane
    point: Point
    name: str


@dataclass(frozen=True)
class PointDone:
    """A point was measured."""

    lane: Lane
    point: Point
    record: Record


@dataclass(frozen=True)
class BoardLost:
    """A board could not be opened, or failed; what neither it nor an equal board has measured stays undone."""

    lane: Lane
    error: BaseException


@dataclass(frozen=True)
class _Opened:
    """A worker's board has said hello."""

    worker: _Worker
    bench: Bench
    clocks: ClockTable


@dataclass(frozen=True)
class _Left:
    """A worker has nothing more to do, or failed."""

    worker: _Worker
    error: BaseException | None


_Event = _Opened | StepStarted | PointDone | _Left


class SweepCrew:
    """A worker for each board, and more for those that can multiply.

    Boards that need quiet come first, one after the other; only then those that compute on this PC, `jobs` of them at
    once: with more of them than cores, each would answer later and later, until deadlines pass. All others measure all
    the time.

    Call `open`, give every lane its points, then iterate over `measure`. Use it as a context manager: whatever ends it,
    every board that is a program is ended too.
    """

    def __init__(self, lanes: Sequence[Lane], jobs: int) -> None:
        self._lanes = lanes
        self._jobs = jobs
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._workers = [_Worker(lane, self._events) for lane in lanes]
        self._opened: list[_Worker] = []
        self._lost: set[Lane] = set()

    def __enter__(self) -> SweepCrew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.points.close()
        for worker in self._workers:
            worker.abort()
        deadline = Deadline.after(LEAVE_TIMEOUT_S)
        for worker in self._workers:
            worker.leave(deadline)

    def open(self) -> Iterator[BoardOpened | BoardLost]:
        """Open all boards; of those that compute here `jobs` at a time, because starting one keeps a core busy."""
        waiting = deque(worker for worker in self._workers if worker.lane.computes_here)
        for worker in self._workers:
            if not worker.lane.computes_here:
                worker.start()
        for _ in range(min(self._jobs, len(waiting))):
            waiting.popleft().start()
        for _ in self._lanes:
            event = self._events.get()
            assert isinstance(event, _Opened | _Left)
            lane = event.worker.lane
            if isinstance(event, _Opened):
                self._opened.append(event.worker)
                yield BoardOpened(lane, event.bench, event.clocks)
            else:
                assert event.error is not None
                self._lost.add(lane)
                yield BoardLost(lane, event.error)
            if waiting and lane.computes_here:
                waiting.popleft().start()

    def measure(self, measure: Measure) -> Iterator[StepStarted | PointDone | BoardLost]:
        """Measure all points of all lanes that are open, and yield what happens, in the caller's thread."""
        self._opened.sort(key=lambda worker: self._lanes.index(worker.lane))
        ready = sorted([*self._opened, *self._further_workers()], key=lambda worker: not worker.lane.needs_quiet)
        busy: set[_Worker] = set()
        while self._let_go(ready, busy, measure):
            event = self._events.get()
            if isinstance(event, StepStarted | PointDone):
                yield event
            elif isinstance(event, _Left):
                busy.discard(event.worker)
                lane = event.worker.lane
                if event.error and lane not in self._lost:
                    self._give_up(lane)
                    yield BoardLost(lane, event.error)

    def _further_workers(self) -> list[_Worker]:
        """Return more workers for boards that can multiply, in turn: they begin when a job is free."""
        more = [
            _Worker(worker.lane, self._events)
            for count in range(1, self._jobs)
            for worker in self._opened
            if worker.lane.can_multiply and len(worker.lane.points) > count
        ]
        self._workers += more
        return more

    def _let_go(self, ready: list[_Worker], busy: set[_Worker], measure: Measure) -> bool:
        """Let workers begin as far as jobs are free and points are waiting; return whether any is at work."""
        for worker in list(ready):
            if worker.lane in self._lost or worker.lane.points.is_finished:
                ready.remove(worker)
            elif worker.lane.points and self._has_room_for(worker.lane, [each.lane for each in busy]):
                ready.remove(worker)
                busy.add(worker)
                worker.go(measure)
        return bool(busy)

    def _has_room_for(self, lane: Lane, busy: Sequence[Lane]) -> bool:
        here = [each for each in busy if each.needs_quiet or each.computes_here]
        if lane.needs_quiet:
            return not here
        if not lane.computes_here:
            return True
        return not any(each.needs_quiet for each in here) and len(here) < self._jobs

    def _give_up(self, lane: Lane) -> None:
        self._lost.add(lane)
        if not any(worker.lane.points is lane.points and worker.lane not in self._lost for worker in self._opened):
            lane.points.close()
        for worker in self._workers:
            if worker.lane is lane:
                worker.abort()


class _Worker(threading.Thread):
    """Opens a board and measures points on it until its lane has none left.

    It opens and measures in one thread, because the kernel ends a program when the thread that started it ends. A
    daemon, so that Ctrl-C ends the program at once.
    """

    def __init__(self, lane: Lane, events: SimpleQueue[_Event]) -> None:
        super().__init__(daemon=True)
        self.lane = lane
        self._events = events
        self._bench: Bench | None = None
        self._measure: Measure | None = None
        self._may_measure = threading.Event()
        self._is_aborted = False

    def go(self, measure: Measure) -> None:
        """Let it measure, opening its board before if that was not done yet."""
        self._measure = measure
        self._may_measure.set()
        if not self.is_alive():
            self.start()

    def run(self) -> None:
        error: BaseException | None = None
        try:
            with self.lane.open_bench() as bench:
                self._bench = bench
                if not self._may_measure.is_set():
                    self._events.put(_Opened(self, bench, bench.board.clocks()))
                self._may_measure.wait()
                self._measure_points(bench)
        except BaseException as exc:  # it is told to the thread that asked for the sweep
            error = exc
        self._events.put(_Left(self, error))

    def abort(self) -> None:
        """Begin no further step, and let a program that is the board end at once, so that nothing waits for it."""
        self._is_aborted = True
        if self._bench and self.is_alive():
            self._bench.abort()

    def leave(self, deadline: Deadline) -> None:
        """Wait for its end, if it has begun at all."""
        self._may_measure.set()
        if self.ident is not None:
            self.join(deadline.left_s)

    def _measure_points(self, bench: Bench) -> None:
        while self._measure and (point := self.lane.points.take()) is not None:
            try:
                record = self._measure(bench, point, self._step_reporter(point))
            except BaseException:
                self.lane.points.give_back(point)
                raise
            self.lane.points.done()
            self._events.put(PointDone(self.lane, point, record))

    def _step_reporter(self, point: Point) -> Callable[[str], None]:
        def report(name: str) -> None:
            if self._is_aborted:
                raise InterruptedError(f"{self.lane.title}: the sweep was ended")
            self._events.put(StepStarted(self.lane, point, name))

        return report
