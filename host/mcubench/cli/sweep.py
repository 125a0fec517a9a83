"""`mcubench sweep`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from mcubench.boards import BoardAddress
from mcubench.cli.connect import board_address, board_options, open_bench
from mcubench.cli.outputs import Outputs, output_options
from mcubench.cli.progress import SweepProgress
from mcubench.cli.runs import check_same_board, identity, start_or_resume
from mcubench.errors import CheckFailedError, InputError, RigError
from mcubench.measure import (
    Bench,
    Point,
    PointDone,
    PointMeasurement,
    Settings,
    choose_clocks,
    make_plan,
    sweep_points,
)
from mcubench.models import Model, find_models_folder, load_model, read_vectors
from mcubench.report import print_report, report_console
from mcubench.store import Database, Record, Run

__all__ = ["command"]

# A virtual board keeps one core of the PC busy.
DEFAULT_JOBS = 2

_Openers = Sequence[Callable[[], AbstractContextManager[Bench]]]


@dataclass(frozen=True)
class Request:
    """What was asked for; a run is resumed only by the same request."""

    board: str
    models: list[str]
    clocks: list[str]
    overclock: bool
    vectors: int
    vectors_other: int
    samples: int


@click.command("sweep")
@board_options
@click.option("--model", "models", multiple=True, required=True, help="A model folder's name; several with commas.")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--clock", "clocks", multiple=True, default=("all",), help="Clock names with commas, or all (default).")
@click.option("--overclock", is_flag=True, help="Allow settings beyond the chip's data sheet.")
@click.option("--vectors", type=click.IntRange(1), default=300, show_default=True, help="Checked at the main clock.")
@click.option("--vectors-other", type=click.IntRange(1), default=30, show_default=True, help="Checked at other clocks.")
@click.option("--samples", type=click.IntRange(1, 1000), default=20, show_default=True, help="Latency samples.")
@click.option("--jobs", type=click.IntRange(1), default=DEFAULT_JOBS, show_default=True, help="Virtual boards at once.")
@click.option("--resume", is_flag=True, help="Go on with the last run of the same sweep; done points are skipped.")
@output_options
def command(
    board: str | None,
    port: str | None,
    engine: str | None,
    firmware: Path | None,
    baud: int,
    models: Sequence[str],
    models_folder: Path | None,
    clocks: Sequence[str],
    overclock: bool,
    vectors: int,
    vectors_other: int,
    samples: int,
    jobs: int,
    resume: bool,
    db: Path,
    outputs: Outputs,
) -> None:
    """Measure models at clock settings of a board: cycles, latency, memory, correctness.

    The main clock is the fastest that the data sheet allows. Exit code 1: a point failed; 2: bad input; 3: the board
    was lost, finished points are kept and --resume goes on.
    """
    folder = find_models_folder(models_folder)
    chosen = [load_model(name, folder) for name in _split(models)]
    address = board_address(board, port, firmware, engine, [model.folder for model in chosen])
    request = Request(
        address.name, [model.name for model in chosen], _split(clocks), overclock, vectors, vectors_other, samples
    )
    sweep = _Sweep(request, address, baud, chosen, outputs)
    with Database(db) as database:
        sweep.run(database, jobs if address.can_multiply else 1, resume)


class _Sweep:
    """A sweep from the first hello to the report."""

    def __init__(
        self, request: Request, address: BoardAddress, baud: int, models: Sequence[Model], outputs: Outputs
    ) -> None:
        self._request = request
        self._address = address
        self._baud = baud
        self._models = models
        self._outputs = outputs
        self._vectors = {model.name: read_vectors(model) for model in models}
        for vectors in self._vectors.values():
            vectors.first(request.vectors)  # an InputError now, not after an hour

    def run(self, database: Database, jobs: int, resume: bool) -> None:
        """Measure what is not yet in the database, store and print it."""
        with open_bench(self._address, self._baud) as bench:
            plan = self._plan(bench)
            found = identity(bench, self._models)
            run = start_or_resume(database, vars(self._request), found, resume)
            done = {record.point_id for record in database.records(run.run_id)}
            # The longest first: wrong outputs show at once, and no board is left alone with a long point at the end.
            points = sorted((point for point in plan if point.id not in done), key=lambda point: -point.vectors)
            openers: list[Callable[[], AbstractContextManager[Bench]]] = [lambda: nullcontext(bench)]
            openers += [lambda: self._another_bench(found)] * (min(jobs, len(points)) - 1)
            self._measure(database, run, points, len(plan), openers if points else [])
        self._report(database, run)

    def _plan(self, bench: Bench) -> list[Point]:
        request = self._request
        clocks = choose_clocks(bench.board.clocks(), request.clocks, request.overclock)
        return make_plan(bench.info, bench.models, self._models, clocks, request.vectors, request.vectors_other)

    def _measure(self, database: Database, run: Run, points: Sequence[Point], planned: int, benches: _Openers) -> None:
        settings = Settings(samples=self._request.samples)

        def measure(bench: Bench, point: Point, on_step: Callable[[str], None]) -> Record:
            vectors = self._vectors[point.model.name]
            return PointMeasurement(bench, point, vectors, settings, run.run_id, on_step).measure()

        done = planned - len(points)
        try:
            with SweepProgress(planned, done) as progress:
                for event in sweep_points(points, benches, measure):
                    if isinstance(event, PointDone):
                        database.add_record(event.record)
                        self._outputs.write(database.records(run.run_id))
                        done += 1
                    progress.show(event)
        except RigError as exc:
            kept = f"{done} of {planned} points are in {database.path}; go on with --resume"
            raise RigError(f"{exc}; {kept}") from exc

    @contextmanager
    def _another_bench(self, found: dict[str, str]) -> Iterator[Bench]:
        with open_bench(self._address, self._baud) as bench:
            check_same_board(found, identity(bench, self._models), f"{self._address.name} is not the same every time")
            yield bench

    def _report(self, database: Database, run: Run) -> None:
        records = database.records(run.run_id)
        self._outputs.write(records)
        console = report_console()
        console.print(f"Run {run.run_id}, kept in {database.path}", highlight=False, soft_wrap=True)
        print_report(console, records)
        failed = [record for record in records if record.status != "ok"]
        if failed:
            raise CheckFailedError(
                f"{len(failed)} of {len(records)} points failed, first {failed[0].point_id}: {failed[0].error}"
            )


def _split(values: Sequence[str]) -> list[str]:
    """Return the words between commas, each once, in order."""
    words = [word.strip() for value in values for word in value.split(",")]
    if "" in words:
        raise InputError(f"an empty name in '{','.join(values)}'")
    return list(dict.fromkeys(words))
