"""A sweep over one board or several, from the first hello to the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click

from mcubench.cli.connect import LineOptions
from mcubench.cli.outputs import Outputs
from mcubench.cli.progress import SweepProgress
from mcubench.cli.runs import start_or_resume
from mcubench.cli.sharing import make_tasks
from mcubench.cli.sweep_board import SweepBoard, Task, sweep_boards
from mcubench.cli.swept import SweptBoard, refused_records
from mcubench.errors import CheckFailedError, InputError, RigError, UnreachableError
from mcubench.measure import (
    Bench,
    BoardLost,
    BoardOpened,
    Point,
    PointDone,
    PointPool,
    Settings,
    SweepCrew,
    boards_without_clock,
    choose_clocks_of_each,
    make_plan,
    measure_point,
)
from mcubench.measure.plan import named_briefly
from mcubench.models import Model, read_vectors
from mcubench.protocol import ClockSetting
from mcubench.report import print_report, report_console
from mcubench.store import BLOCKED, Database, Record, Run

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
    share: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return it as the database keeps it; runs of earlier versions did not share."""
        return {key: value for key, value in vars(self).items() if key != "share" or value}


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
        self._swept = swept
        self._models = models
        self._outputs = outputs
        self._boards = {board.lane: board for board in sweep_boards(swept, line)}
        self._tasks: list[Task] = []
        # Of a rig any number of boards may be there the next time.
        self._several = len(self._boards) > 1 or any(board.rig_board for board in swept)
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
            self._tasks = make_tasks([board for board in self._boards.values() if board.opened], self._request.share)
            self._make_plans()
            found = [task.identity(self._several) for task in self._tasks]
            run = start_or_resume(database, self._request.as_dict(), found, resume)
            self._done = {record.point_id for record in database.records(run.run_id) if record.status != BLOCKED}
            self._add_refused(database, run)
            for task in self._tasks:
                # Most vectors are checked at the main clock: wrong outputs show at once, no long point is left over.
                todo = sorted(task.undone(self._done), key=lambda point: not point.main)
                points = PointPool(todo, task.is_shared)
                for board in task.boards:
                    board.lane.points = points
            self._measure(crew, database, run, jobs)
        if lost := self._loss_lines():
            database.add_record(
                *(each for task in self._tasks for each in task.blocked_records(self._done, run.run_id))
            )
            run = replace(run, lost=lost)
            database.update_run(run)
        return run

    def _open(self, crew: SweepCrew) -> None:
        for event in crew.open():
            if isinstance(event, BoardOpened):
                self._boards[event.lane].opened = event
                event.lane.needs_quiet = event.bench.info.counts_time
            else:
                self._lose(event)
        if self._boards and not any(board.opened for board in self._boards.values()):
            lost = self._boards.values()
            is_rig = any(board.rig_board or isinstance(board.trouble, RigError) for board in lost)
            troubles = [f"{board.title}: {board.why}" if board.rig_board else str(board.trouble) for board in lost]
            raise (RigError if is_rig else InputError)("none of the boards can be measured", troubles)

    def _lose(self, event: BoardLost) -> None:
        """Note that a board is lost; raise its trouble if it is the only one, or if the sweep itself makes no sense."""
        if not self._several or not isinstance(event.error, RigError | UnreachableError):
            raise event.error
        self._boards[event.lane].trouble = event.error

    def _make_plans(self) -> None:
        request = self._request
        tables = {
            task.title if self._several else "this board": task.first.opened.clocks
            for task in self._tasks
            if task.first.opened
        }
        if not tables:
            return  # no image holds any of the models, and nobody was asked which clocks there are
        chosen = choose_clocks_of_each(tables, request.clocks, request.overclock)
        for name in request.clocks:
            if without := boards_without_clock(tables, name, request.overclock):
                click.echo(f"clock '{name}' is left out where there is none: {named_briefly(without)}", err=True)
        for task, clocks in zip(self._tasks, chosen.values(), strict=True):
            task.plan = self._plan(task, clocks)

    def _plan(self, task: Task, clocks: Sequence[ClockSetting]) -> list[Point]:
        bench = task.first.bench
        counts = (self._request.vectors or DEFAULT_VECTORS, self._request.vectors_other)
        names = [board.rig_board.name for board in task.boards if board.rig_board]
        try:
            plan = make_plan(bench.info, bench.models, task.models, clocks, *counts, task.place, names)
        except InputError as exc:
            raise InputError(f"{task.title}: {exc}" if self._several else str(exc)) from exc
        return [replace(point, vectors=min(point.vectors, len(self._vectors[point.model.name]))) for point in plan]

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

        planned = sum(len(task.plan) for task in self._tasks)
        try:
            with (
                SweepProgress(list(self._boards), planned, jobs) as progress,
                self._outputs.kept_fresh(lambda: database.records(run.run_id)) as refresh,
            ):
                for line in self._loss_lines():
                    progress.tell(line)
                for event in crew.measure(measure):
                    if isinstance(event, PointDone):
                        database.add_record(event.record)
                        self._done.add(event.record.point_id)
                        refresh()
                    if isinstance(event, BoardLost):
                        self._lose(event)
                        progress.tell(self._loss_line(self._boards[event.lane]))
                    progress.show(event)
        except RigError as exc:
            kept = f"{len(self._done)} of {planned} points are in {database.path}; go on with --resume"
            raise RigError(f"{exc}; {kept}") from exc

    def _loss_line(self, board: SweepBoard) -> str:
        """Return what is told when a board is lost while others go on."""
        task = next(task for task in self._tasks if board in task.boards)
        lines = task.loss_lines(self._done)
        return next(line for line in lines if line.partition(" ")[2].startswith(f"{board.title}: "))

    def _loss_lines(self) -> list[str]:
        """Return a line for every board that is lost, and for points that nobody has measured for that."""
        shared = {task.first.bench.info.board for task in self._tasks if task.is_shared}
        lines = []
        for board in self._boards.values():
            if board.trouble and not board.opened:
                is_replaced = board.rig_board is not None and board.rig_board.board in shared
                lines.append(
                    f"LOST {board.title}: {board.why}"
                    if is_replaced
                    else f"BLOCKED {board.title}: not measured: {board.why}"
                )
        return lines + [line for task in self._tasks for line in task.loss_lines(self._done)]

    def _report(self, database: Database, run: Run) -> None:
        lost = run.lost
        records = database.records(run.run_id)
        self._outputs.write(records, lost)
        console = report_console()
        console.print(f"Run {run.run_id}, kept in {database.path}", highlight=False, soft_wrap=True)
        print_report(console, records, lost)
        if lost:
            raise RigError(self._loss_message(database, lost))
        failed = [record for record in records if record.status != "ok"]
        if failed:
            raise CheckFailedError(
                f"{len(failed)} of {len(records)} points failed, first {failed[0].point_id}: {failed[0].error}"
            )

    def _loss_message(self, database: Database, lost: Sequence[str]) -> str:
        number = sum(board.trouble is not None for board in self._boards.values())
        is_blocked = any(line.startswith("BLOCKED") for line in lost)
        goes_on = "; go on with --resume" if is_blocked else ", none is missing"
        return (
            f"{number} of {len(self._boards)} boards were lost, first {lost[0].partition(' ')[2]};"
            f" {len(self._done)} points are in {database.path}{goes_on}"
        )
