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
from mcubench.protocol import ClockTable
from mcubench.store import Record

__all__ = ["BoardLost", "BoardOpened", "Lane", "PointDone", "StepStarted", "SweepCrew"]

OpenBench = Callable[[], AbstractContextManager[Bench]]
Measure = Callable[[Bench, Point, Callable[[str], None]], Record]

# A worker whose board was just killed leaves at its next read; one that waits for a real board may stay behind.
LEAVE_TIMEOUT_S = 2.0


@dataclass(eq=False)
class Lane:
    """One board of a sweep. One that `can_multiply` is opened again for every further point that is measured at once.

    `points` are those still to be measured. `needs_quiet` tells that the board's times are those of this PC, so that
    nothing else may compute here meanwhile. Both may be set once the board was opened.
    """

    title: str
    open_bench: OpenBench
    can_multiply: bool
    needs_quiet: bool = False
    points: deque[Point] = field(default_factory=deque)


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
    """A board could not be opened, or failed; what it has not measured stays undone."""

    lane: Lane
    error: BaseException


@dataclass(frozen=True)
class _Left:
    """A worker has nothing more to do, or failed."""

    worker: _Worker
    error: BaseException | None


_Event = BoardOpened | StepStarted | PointDone | _Left


class SweepCrew:
    """A worker for each board, and more for those that can multiply, `jobs` of which measure at once.

    Those that need quiet come first, one after the other; only then those that can multiply, which compute on this PC.
    All others measure all the time.

    Call `open`, give every lane its points, then iterate over `measure`. Use it as a context manager: whatever ends it,
    every board that is a program is ended too.
    """

    def __init__(self, lanes: Sequence[Lane], jobs: int) -> None:
        self._lanes = lanes
        self._jobs = jobs
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._workers = [_Worker(lane, self._events) for lane in lanes]
        self._opened: list[_Worker] = []

    def __enter__(self) -> SweepCrew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.points.clear()
        for worker in self._workers:
            worker.abort()
        deadline = Deadline.after(LEAVE_TIMEOUT_S)
        for worker in self._workers:
            worker.leave(deadline)

    def open(self) -> Iterator[BoardOpened | BoardLost]:
        """Open all boards, `jobs` at a time, because starting a virtual one keeps a core of the PC busy."""
        waiting = deque(self._workers)
        for _ in range(min(self._jobs, len(waiting))):
            waiting.popleft().start()
        for _ in self._lanes:
            event = self._events.get()
            if isinstance(event, BoardOpened):
                self._opened.append(next(worker for worker in self._workers if worker.lane is event.lane))
                yield event
            elif isinstance(event, _Left):
                assert event.error is not None
                yield BoardLost(event.worker.lane, event.error)
            if waiting:
                waiting.popleft().start()

    def measure(self, measure: Measure) -> Iterator[StepStarted | PointDone | BoardLost]:
        """Measure all points of all lanes that are open, and yield what happens, in the caller's thread."""
        self._opened.sort(key=lambda worker: self._lanes.index(worker.lane))
        ready = sorted([*self._opened, *self._further_workers()], key=lambda worker: not worker.lane.needs_quiet)
        busy: set[_Worker] = set()
        lost: set[Lane] = set()
        while self._let_go(ready, busy, measure):
            event = self._events.get()
            if isinstance(event, StepStarted | PointDone):
                yield event
            elif isinstance(event, _Left):
                busy.discard(event.worker)
                lane = event.worker.lane
                if event.error and lane not in lost:
                    lost.add(lane)
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
        """Let workers begin as far as jobs are free; return whether any is at work."""
        for worker in list(ready):
            if not worker.lane.points:
                ready.remove(worker)
            elif self._has_room_for(worker.lane, [each.lane for each in busy]):
                ready.remove(worker)
                busy.add(worker)
                worker.go(measure)
        return bool(busy)

    def _has_room_for(self, lane: Lane, busy: Sequence[Lane]) -> bool:
        if lane.needs_quiet or lane.can_multiply:
            here = [each for each in busy if each.needs_quiet or each.can_multiply]
            alone = lane.needs_quiet or any(each.needs_quiet for each in here)
            return len(here) < (1 if alone else self._jobs)
        return True

    def _give_up(self, lane: Lane) -> None:
        lane.points.clear()
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
                    self._events.put(BoardOpened(self.lane, bench, bench.board.clocks()))
                self._may_measure.wait()
                self._measure_points(bench)
        except BaseException as exc:  # it is told to the thread that asked for the sweep
            error = exc
        self._events.put(_Left(self, error))

    def abort(self) -> None:
        """Let a program that is the board end at once, so that nothing waits for it any longer."""
        if self._bench and self.is_alive():
            self._bench.abort()

    def leave(self, deadline: Deadline) -> None:
        """Wait for its end, if it has begun at all."""
        self._may_measure.set()
        if self.ident is not None:
            self.join(deadline.left_s)

    def _measure_points(self, bench: Bench) -> None:
        while self._measure:
            try:
                point = self.lane.points.popleft()
            except IndexError:
                return
            record = self._measure(bench, point, self._step_reporter(point))
            self._events.put(PointDone(self.lane, point, record))

    def _step_reporter(self, point: Point) -> Callable[[str], None]:
        return lambda name: self._events.put(StepStarted(self.lane, point, name))
