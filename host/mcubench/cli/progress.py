"""How far a sweep is: what every board does and the time left in a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from mcubench.measure import BoardLost, Lane, PointDone, StepStarted
from mcubench.report.columns import milliseconds, score_text
from mcubench.store import Record

__all__ = ["SweepProgress"]

# Lines of boards that are shown; a terminal may have fewer to spare. What more boards do is one line.
MOST_LINES = 20
# Below the boards: what the others do, and the bar; above them what was told last.
OTHER_LINES = 4
BAR_WIDTH = 40


@dataclass
class _Seen:
    """What is known of one board. `doing` is None until its first step begins."""

    doing: str | None = None
    done: int = 0
    spent_s: float = 0.0
    is_lost: bool = False


class SweepProgress:
    """Shows events of a sweep on stderr; use it as a context manager once all lanes have their points.

    Events only change what is known; it is drawn, and the time left reckoned, a few times a second.
    """

    def __init__(self, lanes: Sequence[Lane], planned: int, jobs: int) -> None:
        self._console = Console(stderr=True)
        self._planned = planned
        self._jobs = jobs
        self._seen = {lane: _Seen() for lane in lanes if lane.points}
        self._titled = len(lanes) > 1
        self._done = planned - sum(len(points) for points in {id(lane.points): lane.points for lane in lanes}.values())
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._draw, console=self._console, transient=True)

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
        seen = self._seen.setdefault(event.lane, _Seen())
        if isinstance(event, StepStarted):
            seen.doing = f"{event.point.model.name} at {event.point.clock.name}: {event.name}"
        elif isinstance(event, BoardLost):
            seen.is_lost = True
        else:
            self._done += 1
            seen.done += 1
            seen.spent_s += event.record.elapsed_s or 0.0
            seen.doing = None
            by = f" on {event.lane.title}" if event.lane.title != event.point.place and event.record.board_name else ""
            self.tell(f"[{self._done}/{self._planned}] {event.record.point_id}{by}: {_summary(event.record)}")

    @property
    def _left(self) -> list[Lane]:
        """The boards that still have something to do."""
        return [lane for lane, seen in self._seen.items() if not seen.is_lost and not lane.points.is_finished]

    def _draw(self) -> RenderableType:
        left = self._left
        busy = [lane for lane in left if self._seen[lane].doing]
        waiting = [lane for lane in left if not self._seen[lane].doing]
        room = max(1, min(MOST_LINES, self._console.height - OTHER_LINES))
        table = Table.grid(padding=(0, 1))
        for lane in [*busy, *waiting][:room]:
            table.add_row(self._spinner, Text(self._line(lane), no_wrap=True, overflow="ellipsis"))
        parts: list[RenderableType] = [table]
        if folded := self._folded(busy[room:], waiting[max(0, room - len(busy)) :]):
            parts.append(Text(folded))
        bar = Table.grid(padding=(0, 1))
        progress = ProgressBar(total=max(1, self._planned), completed=self._done, width=BAR_WIDTH)
        bar.add_row(progress, f"{self._done}/{self._planned}", self._time_left(left))
        return Group(*parts, bar)

    def _line(self, lane: Lane) -> str:
        doing = self._seen[lane].doing or "waiting"
        return f"{lane.title}: {doing}" if self._titled else doing

    def _folded(self, busy: Sequence[Lane], waiting: Sequence[Lane]) -> str:
        """Return what the boards do that have no line of their own."""
        lost = sum(seen.is_lost for seen in self._seen.values())
        counts = ((len(busy), "more boards measure"), (len(waiting), "wait"), (lost, "lost"))
        return ", ".join(f"{count} {what}" for count, what in counts if count)

    def _time_left(self, left: Sequence[Lane]) -> str:
        """Return how long the slowest board will take; those that compute on this PC share its time."""
        if not all(self._seen[lane].done for lane in left):
            return "-:--:--"
        needs_s = {lane: self._need_s(lane, left) for lane in left}
        quiet_s = sum(need for lane, need in needs_s.items() if lane.needs_quiet)
        shared_s = (
            sum(need for lane, need in needs_s.items() if lane.computes_here and not lane.needs_quiet) / self._jobs
        )
        alone_s = [need for lane, need in needs_s.items() if not (lane.needs_quiet or lane.computes_here)]
        return str(timedelta(seconds=round(max([quiet_s + shared_s, *alone_s]))))

    def _need_s(self, lane: Lane, left: Sequence[Lane]) -> float:
        """Return how long a board will be busy with its share of the points that are left, as fast as it was so far."""
        seen = self._seen[lane]
        sharing = sum(other.points is lane.points for other in left)
        waiting = len(lane.points) / sharing + (seen.doing is not None)
        return waiting * seen.spent_s / seen.done


def _summary(record: Record) -> str:
    if record.status != "ok":
        return f"FAILED: {record.error}"
    cycles = None if record.cycles_median is None else f"{record.cycles_median:,.0f} cycles"
    latency = None if record.latency_us_median is None else f"{milliseconds(record.latency_us_median)} ms"
    known = ", ".join(each for each in (cycles, latency) if each)
    scored = "no score" if record.score is None else f"score {score_text(record)}"
    return f"{known} ({record.timing}), {scored}"
