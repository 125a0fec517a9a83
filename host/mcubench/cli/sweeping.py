"""A sweep over one board or several, from the first hello to the report."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import click

from mcubench.boards import BoardAddress
from mcubench.cli.connect import LineOptions, open_bench
from mcubench.cli.outputs import Outputs
from mcubench.cli.progress import SweepProgress
from mcubench.cli.runs import check_same_board, identity, start_or_resume
from mcubench.cli.swept import SweptBoard, refused_records
from mcubench.errors import CheckFailedError, InputError, McubenchError, RigError, UnreachableError
from mcubench.measure import (
    Bench,
    BoardLost,
    BoardOpened,
    Lane,
    Point,
    PointDone,
    Settings,
    SweepCrew,
    boards_without_clock,
    choose_clocks_of_each,
    make_plan,
    measure_point,
)
from mcubench.models import Model, read_vectors
from mcubench.protocol import ClockSetting
from mcubench.report import print_report, report_console
from mcubench.store import Database, Record, Run

__all__ = ["DEFAULT_JOBS", "Request", "Sweep"]

# A virtual board keeps one core of the PC busy.
DEFAULT_JOBS = 2

# Checked at a board's main clock where the user names no number; a model may have fewer.
DEFAULT_VECTORS = 300


@dataclass(frozen=True)
class Request:
    """What was asked for; a run is resumed only by the same request."""

    boards: list[str]
    models: list[str]
    clocks: list[str]
    overclock: bool
    vectors: int | None  # at the main clock; None is DEFAULT_VECTORS, or all there are
    vectors_other: int
    samples: int


class _Board:
    """One board of the sweep with one image: what was planned on it, and what became of it.

    No two have the same `title`.
    """

    def __init__(self, address: BoardAddress, models: Sequence[Model], number: int | None, title: str) -> None:
        self.address = address
        self.models = models
        self.number = number
        self.title = title
        self.opened: BoardOpened | None = None
        self.plan: list[Point] = []
        self.trouble: McubenchError | None = None

    def lost_line(self, done: set[str]) -> str:
        """Say why it was not measured to the end."""
        undone = sum(point.id not in done for point in self.plan)
        extent = f"{undone} of {len(self.plan)} points not measured" if self.plan else "not measured"
        return f"{self.title}: {extent}: {self.trouble}"


class Sweep:
    """A sweep over all boards at once. If there are several, one that is lost does not stop the others."""

    def __init__(
        self,
        request: Request,
        swept: Sequence[SweptBoard],
        line: LineOptions,
        models: Sequence[Model],
        outputs: Outputs,
    ) -> None:
        self._request = request
        self._line = line
        self._swept = swept
        self._models = models
        self._outputs = outputs
        self._boards = {self._lane(board): board for board in _boards_with_images(swept)}
        self._several = len(self._boards) > 1
        self._done: set[str] = set()
        self._vectors = {model.name: read_vectors(model) for model in models}
        if request.vectors is not None:
            for vectors in self._vectors.values():
                vectors.first(request.vectors)  # an InputError now, not after an hour

    def run(self, database: Database, jobs: int, resume: bool) -> None:
        """Measure what is not yet in the database, store and print it."""
        self._report(database, self.measure(database, jobs, resume))

    def measure(self, database: Database, jobs: int, resume: bool) -> Run:
        """Measure what is not yet in the database, store it, and return the run."""
        with SweepCrew(list(self._boards), jobs) as crew:
            self._open(crew)
            self._make_plans()
            found = [self._identity(board, opened.bench) for board, opened in self._opened()]
            run = start_or_resume(database, vars(self._request), found, resume)
            self._done = {record.point_id for record in database.records(run.run_id)}
            self._add_refused(database, run)
            for lane, board in self._boards.items():
                todo = [point for point in board.plan if point.id not in self._done]
                # Most vectors are checked at the main clock: wrong outputs show at once, no long point is left over.
                lane.points = deque(sorted(todo, key=lambda point: not point.main))
            self._measure(crew, database, run, jobs)
        if lost := self._lost_lines():
            run = replace(run, lost=lost)
            database.update_run(run)
        return run

    def _lane(self, board: _Board) -> Lane:
        return Lane(board.title, lambda: self._open_bench(board), board.address.can_multiply)

    @contextmanager
    def _open_bench(self, board: _Board) -> Iterator[Bench]:
        with open_bench(board.address, self._line) as bench:
            if board.opened:
                first, this = (self._identity(board, each) for each in (board.opened.bench, bench))
                check_same_board(first, this, f"{board.title} is not the same every time")
            yield bench

    def _open(self, crew: SweepCrew) -> None:
        for event in crew.open():
            if isinstance(event, BoardOpened):
                self._boards[event.lane].opened = event
                event.lane.needs_quiet = event.bench.info.counts_time
            else:
                self._lose(event)
        if self._boards and not self._opened():
            troubles = [board.trouble for board in self._boards.values() if board.trouble]
            kind = RigError if any(isinstance(trouble, RigError) for trouble in troubles) else InputError
            raise kind(f"none of the boards can be measured: {'; '.join(map(str, troubles))}")

    def _opened(self) -> list[tuple[_Board, BoardOpened]]:
        return [(board, board.opened) for board in self._boards.values() if board.opened]

    def _lose(self, event: BoardLost) -> None:
        """Note that a board is lost; raise its trouble if it is the only one, or if the sweep itself makes no sense."""
        if not self._several or not isinstance(event.error, RigError | UnreachableError):
            raise event.error
        self._boards[event.lane].trouble = event.error

    def _make_plans(self) -> None:
        request = self._request
        tables = {board.title if self._several else "this board": opened.clocks for board, opened in self._opened()}
        if not tables:
            return  # no image holds any of the models, and nobody was asked which clocks there are
        chosen = choose_clocks_of_each(tables, request.clocks, request.overclock)
        for name in request.clocks:
            if without := boards_without_clock(tables, name, request.overclock):
                click.echo(f"clock '{name}' is left out where there is none: {', '.join(without)}", err=True)
        for (board, opened), clocks in zip(self._opened(), chosen.values(), strict=True):
            board.plan = self._plan(board, opened.bench, clocks)

    def _plan(self, board: _Board, bench: Bench, clocks: Sequence[ClockSetting]) -> list[Point]:
        counts = (self._request.vectors or DEFAULT_VECTORS, self._request.vectors_other)
        try:
            plan = make_plan(bench.info, bench.models, board.models, clocks, *counts, board.number)
        except InputError as exc:
            raise InputError(f"{board.title}: {exc}" if self._several else str(exc)) from exc
        return [replace(point, vectors=min(point.vectors, len(self._vectors[point.model.name]))) for point in plan]

    def _identity(self, board: _Board, bench: Bench) -> dict[str, str]:
        return identity(bench, board.models, board.title if self._several else None)

    def _add_refused(self, database: Database, run: Run) -> None:
        """Store a failed point for each model that no image of a board can hold."""
        for board in self._swept:
            for record in refused_records(board, self._models, run.run_id):
                if record.point_id not in self._done:
                    database.add_record(record)
                    self._done.add(record.point_id)
                    click.echo(f"{record.point_id}: FAILED: {record.error}", err=True)

    def _measure(self, crew: SweepCrew, database: Database, run: Run, jobs: int) -> None:
        settings = Settings(samples=self._request.samples)

        def measure(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Record:
            vectors = self._vectors[point.model.name]
            return measure_point(bench, point, vectors, settings, run.run_id, on_step)

        planned = sum(len(board.plan) for board in self._boards.values())
        try:
            with (
                SweepProgress(list(self._boards), planned, jobs) as progress,
                self._outputs.kept_fresh(lambda: database.records(run.run_id)) as refresh,
            ):
                for line in self._lost_lines():
                    progress.tell(f"LOST {line}")
                for event in crew.measure(measure):
                    if isinstance(event, PointDone):
                        database.add_record(event.record)
                        self._done.add(event.record.point_id)
                        refresh()
                    if isinstance(event, BoardLost):
                        self._lose(event)
                        progress.tell(f"LOST {self._boards[event.lane].lost_line(self._done)}")
                    progress.show(event)
        except RigError as exc:
            kept = f"{len(self._done)} of {planned} points are in {database.path}; go on with --resume"
            raise RigError(f"{exc}; {kept}") from exc

    def _lost_lines(self) -> list[str]:
        return [board.lost_line(self._done) for board in self._boards.values() if board.trouble]

    def _report(self, database: Database, run: Run) -> None:
        lost = run.lost
        records = database.records(run.run_id)
        self._outputs.write(records, lost)
        console = report_console()
        console.print(f"Run {run.run_id}, kept in {database.path}", highlight=False, soft_wrap=True)
        print_report(console, records, lost)
        if lost:
            kept = f"{len(records)} points are in {database.path}; go on with --resume"
            raise RigError(f"{len(lost)} of {len(self._boards)} boards were lost, first {lost[0]}; {kept}")
        failed = [record for record in records if record.status != "ok"]
        if failed:
            raise CheckFailedError(
                f"{len(failed)} of {len(records)} points failed, first {failed[0].point_id}: {failed[0].error}"
            )


def _boards_with_images(swept: Sequence[SweptBoard]) -> list[_Board]:
    """Return a board for each image; where there are several its title says which."""
    return [
        _Board(
            run.address,
            run.models,
            board.number,
            f"{board.title} image {place} of {len(board.runs)}" if len(board.runs) > 1 else board.title,
        )
        for board in swept
        for place, run in enumerate(board.runs, 1)
    ]
