"""How far a sweep is: what every board does and the time left in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from mcubench.measure import BoardLost, Lane, PointDone, StepStarted
from mcubench.report.columns import milliseconds, score_text
from mcubench.store import Record

__all__ = ["SweepProgress"]


class SweepProgress:
    """Shows events of a sweep on stderr; use it as a context manager once all lanes have their points."""

    def __init__(self, lanes: Sequence[Lane], planned: int, jobs: int) -> None:
        self._console = Console(stderr=True)
        self._planned = planned
        self._left = {lane: len(lane.points) for lane in lanes if lane.points}
        self._done = planned - sum(len(lane.points) for lane in lanes)
        self._jobs = jobs
        self._spent_s: dict[Lane, list[float]] = {lane: [] for lane in lanes}
        self._boards = Progress(SpinnerColumn(), TextColumn("{task.description}", markup=False))
        self._tasks = {
            lane: self._boards.add_task(self._line(lane, "waiting"), total=None, visible=bool(lane.points))
            for lane in lanes
        }
        self._whole = Progress(BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
        self._whole_task = self._whole.add_task("", total=planned, completed=self._done)
        self._live = Live(Group(self._boards, self._whole), console=self._console, transient=True)

    def __enter__(self) -> SweepProgress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tell(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def show(self, event: StepStarted | PointDone | BoardLost) -> None:
        """Show that a step began, a point is done, or a board is gone."""
        task = self._tasks[event.lane]
        if isinstance(event, StepStarted):
            doing = f"{event.point.model.name} at {event.point.clock.name}: {event.name}"
            self._boards.update(task, description=self._line(event.lane, doing))
        elif isinstance(event, BoardLost):
            self._forget(event.lane, task)
        else:
            self._count(event)
            self.tell(f"[{self._done}/{self._planned}] {event.record.point_id}: {_summary(event.record)}")
            if not self._left.get(event.lane):
                self._forget(event.lane, task)
        self._whole.update(self._whole_task, completed=self._done, description=self._time_left())

    def _line(self, lane: Lane, doing: str) -> str:
        return f"{lane.title}: {doing}" if len(self._spent_s) > 1 else doing

    def _count(self, event: PointDone) -> None:
        self._done += 1
        if event.lane in self._left:  # of a board just lost a last point may still come
            self._left[event.lane] -= 1
        self._spent_s[event.lane].append(event.record.elapsed_s or 0.0)

    def _forget(self, lane: Lane, task: TaskID) -> None:
        self._left.pop(lane, None)
        self._boards.update(task, visible=False)

    def _time_left(self) -> str:
        """Return how long the slowest board will take; those that compute on this PC share its time."""
        if not all(self._spent_s[lane] for lane in self._left):
            return "-:--:--"
        needs_s = {lane: left * _mean(self._spent_s[lane]) for lane, left in self._left.items()}
        quiet_s = sum(need for lane, need in needs_s.items() if lane.needs_quiet)
        shared_s = sum(need for lane, need in needs_s.items() if lane.can_multiply) / self._jobs
        alone_s = [need for lane, need in needs_s.items() if not (lane.needs_quiet or lane.can_multiply)]
        return str(timedelta(seconds=round(max([quiet_s + shared_s, *alone_s]))))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _summary(record: Record) -> str:
    if record.status != "ok":
        return f"FAILED: {record.error}"
    cycles = None if record.cycles_median is None else f"{record.cycles_median:,.0f} cycles"
    latency = None if record.latency_us_median is None else f"{milliseconds(record.latency_us_median)} ms"
    known = ", ".join(each for each in (cycles, latency) if each)
    scored = "no score" if record.score is None else f"score {score_text(record)}"
    return f"{known} ({record.timing}), {scored}"
