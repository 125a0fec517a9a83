"""`mcubench sweep`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.cli.connect import LineOptions, boards_options
from mcubench.cli.on_rig import choose_boards, rig_option
from mcubench.cli.options import model_options, split_words
from mcubench.cli.outputs import Outputs, output_options
from mcubench.cli.sweeping import DEFAULT_JOBS, Request, Sweep
from mcubench.cli.swept import swept_boards
from mcubench.models import find_models_folder, load_model
from mcubench.store import Database

__all__ = ["command"]


@click.command("sweep")
@boards_options
@rig_option
@model_options
@click.option(
    "--clock", "clocks", multiple=True, default=("all",), help="Clock names with commas, main, or all (default)."
)
@click.option("--overclock", is_flag=True, help="Allow settings beyond the chip's data sheet.")
@click.option("--vectors", type=click.IntRange(1), help="Checked at the main clock.  [default: 300, or all there are]")
@click.option("--vectors-other", type=click.IntRange(1), default=30, show_default=True, help="Checked at other clocks.")
@click.option("--samples", type=click.IntRange(1, 1000), default=20, show_default=True, help="Latency samples.")
@click.option("--jobs", type=click.IntRange(1), default=DEFAULT_JOBS, show_default=True, help="Virtual boards at once.")
@click.option("--share", is_flag=True, help="Equal boards share the points: each is measured once, by whoever is free.")
@click.option("--resume", is_flag=True, help="Go on with the last run of the same sweep; done points are skipped.")
@output_options
def command(
    boards: Sequence[str],
    ports: Sequence[str],
    engine: str | None,
    firmware: Path | None,
    line: LineOptions,
    line_faults: Sequence[str],
    rig_file: Path | None,
    models: Sequence[str],
    models_folder: Path | None,
    clocks: Sequence[str],
    overclock: bool,
    vectors: int | None,
    vectors_other: int,
    samples: int,
    jobs: int,
    share: bool,
    resume: bool,
    db: Path,
    outputs: Outputs,
) -> None:
    """Measure models at clock settings of one board or several at once: cycles, latency, memory, correctness.

    --board also takes what boards are called in a rig file, beginnings of such names, a kind for all of that kind, and
    all. The main clock is the fastest that the data sheet allows. Exit code 1: a point failed; 2: bad input; 3: a board
    was lost, the others and its finished points are kept, and --resume goes on.
    """
    names = split_words(models)
    folder = find_models_folder(models_folder)
    chosen = [load_model(name, folder) for name in names]
    named = choose_boards(boards, ports, rig_file)
    swept = swept_boards(named.others, ports, firmware, engine, chosen, line_faults, named.rig_boards)
    request = Request(
        [*named.rig_words, *(board.name for board in swept if not board.rig_board)],
        [model.name for model in chosen],
        split_words(clocks),
        overclock,
        vectors,
        vectors_other,
        samples,
        share,
    )
    sweep = Sweep(request, swept, line, chosen, outputs)
    with Database(db) as database:
        sweep.run(database, jobs, resume)
