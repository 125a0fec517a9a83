"""`mcubench sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.cli.connect import LineOptions, boards_options
from mcubench.cli.options import model_options, split_words
from mcubench.cli.outputs import Outputs, output_options
from mcubench.cli.sweeping import DEFAULT_JOBS, Request, Sweep
from mcubench.cli.swept import swept_boards
from mcubench.models import find_models_folder, load_model
from mcubench.store import Database

__all__ = ["command"]


@click.command("sweep")
@boards_options
@model_options
@click.option(
    "--clock", "clocks", multiple=True, default=("all",), help="Clock names with commas, main, or all (default)."
)
@click.option("--overclock", is_flag=True, help="Allow settings beyond the chip's data sheet.")
@click.option("--vectors", type=click.IntRange(1), help="Checked at the main clock.  [default: 300, or all there are]")
@click.option("--vectors-other", type=click.IntRange(1), default=30, show_default=True, help="Checked at other clocks.")
@click.option("--samples", type=click.IntRange(1, 1000), default=20, show_default=True, help="Latency samples.")
@click.option("--jobs", type=click.IntRange(1), default=DEFAULT_JOBS, show_default=True, help="Virtual boards at once.")
@click.option("--resume", is_flag=True, help="Go on with the last run of the same sweep; done points are skipped.")
@output_options
def command(
    boards: Sequence[str],
    ports: Sequence[str],
    engine: str | None,
    firmware: Path | None,
    line: LineOptions,
    line_faults: Sequence[str],
    models: Sequence[str],
    models_folder: Path | None,
    clocks: Sequence[str],
    overclock: bool,
    vectors: int | None,
    vectors_other: int,
    samples: int,
    jobs: int,
    resume: bool,
    db: Path,
    outputs: Outputs,
) -> None:
    """Measure models at clock settings of one board or several at once: cycles, latency, memory, correctness.

    The main clock is the fastest that the data sheet allows. Exit code 1: a point failed; 2: bad input; 3: a board was
    lost, the others and its finished points are kept, and --resume goes on.
    """
    names = split_words(models)
    folder = find_models_folder(models_folder)
    chosen = [load_model(name, folder) for name in names]
    swept = swept_boards(boards, ports, firmware, engine, chosen, line_faults)
    request = Request(
        [board.name for board in swept],
        [model.name for model in chosen],
        split_words(clocks),
        overclock,
        vectors,
        vectors_other,
        samples,
    )
    sweep = Sweep(request, swept, line, chosen, outputs)
    with Database(db) as database:
        sweep.run(database, jobs, resume)
