"""How far a sweep is: a bar with the time left in a terminal, plain lines elsewhere."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from mcubench.measure import PointDone, StepStarted
from mcubench.store import Record

__all__ = ["SweepProgress"]


class SweepProgress:
    """Shows events of a sweep on stderr; use it as a context manager."""

    def __init__(self, points: int, done: int) -> None:
        self._console = Console(stderr=True)
        self._points = points
        self._done = done
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=points, completed=done)

    def __enter__(self) -> SweepProgress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def show(self, event: StepStarted | PointDone) -> None:
        """Show that a step began or a point is done."""
        if isinstance(event, StepStarted):
            self._bar.update(
                self._task, description=f"{event.point.model.name} at {event.point.clock.name}: {event.name}"
            )
            return
        self._done += 1
        self._bar.update(self._task, completed=self._done)
        line = f"[{self._done}/{self._points}] {event.record.point_id}: {_summary(event.record)}"
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


def _summary(record: Record) -> str:
    if record.status != "ok":
        return f"FAILED: {record.error}"
    latency = "" if record.latency_us_median is None else f", {record.latency_us_median / 1e3:.2f} ms"
    return f"{record.cycles_median:,.0f} cycles{latency} ({record.timing}), score {record.score:.3f}"
