"""`mcubench compare`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.cli.connect import LineOptions, boards_options
from mcubench.cli.options import split_words
from mcubench.cli.outputs import DEFAULT_DATABASE, Outputs
from mcubench.cli.sweeping import DEFAULT_JOBS, Request, Sweep
from mcubench.cli.swept import swept_boards
from mcubench.errors import CheckFailedError, InputError, RigError
from mcubench.measure.plan import MAIN_CLOCK
from mcubench.models import Model, find_models_folder, list_models, load_model, read_model, worst_output_difference
from mcubench.report import Pair, print_versus, report_console, versus_dict, versus_markdown, versus_of, write_text
from mcubench.store import Database, Record

__all__ = ["command"]

FLOAT, INTEGER = "-float32", "-int8"
DEFAULT_BOARDS = ("virtual:stm32f746", "virtual:nrf52840")


@click.command("compare")
@click.argument("names", nargs=-1, metavar="[NAME | A B]")
@click.option("--all", "every", is_flag=True, help="Compare every model that is here.")
@boards_options
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--clock", "clocks", multiple=True, default=(MAIN_CLOCK,), help="As for sweep.  [default: main]")
@click.option("--samples", type=click.IntRange(1, 1000), default=20, show_default=True, help="Latency samples.")
@click.option("--jobs", type=click.IntRange(1), default=DEFAULT_JOBS, show_default=True, help="Virtual boards at once.")
@click.option("--resume", is_flag=True, help="Measure only what the last run of the same comparison lacks.")
@click.option("--run", metavar="RUN", help="Measure nothing: take the points of this run; a part of its id will do.")
@click.option("--db", type=click.Path(path_type=Path, dir_okay=False), default=DEFAULT_DATABASE, show_default=True)
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="A list of comparisons.")
@click.option("--markdown", type=click.Path(path_type=Path, dir_okay=False), help="The tables.")
def command(
    names: Sequence[str],
    every: bool,
    boards: Sequence[str],
    ports: Sequence[str],
    engine: str | None,
    firmware: Path | None,
    line: LineOptions,
    line_faults: Sequence[str],
    models_folder: Path | None,
    clocks: Sequence[str],
    samples: int,
    jobs: int,
    resume: bool,
    run: str | None,
    db: Path,
    json_file: Path | None,
    markdown: Path | None,
) -> None:
    """Print two models side by side with ratios, per board: flash, RAM, cycles, latency, score.

    NAME stands for NAME-float32 and NAME-int8; A and B are any two models. They are swept on the boards named (default:
    virtual:stm32f746 and virtual:nrf52840), or taken from a --run. Exit code 1: a point failed; 2: bad input; 3: a
    board was lost. A model that no image of a board can hold is told, and is no failure.
    """
    folder = find_models_folder(models_folder)
    chosen = _choose(names, every, folder)
    models = {model.name: model for pair in chosen for model in pair}
    lost: Sequence[str] = ()
    if run:
        records = _records_of(db, run)
        absent = [name for name in models if not any(record.model == name for record in records)]
        if absent and not every:
            raise InputError(f"the run has no point of {', '.join(absent)}")
    else:
        named = boards or (() if ports else DEFAULT_BOARDS)
        swept = swept_boards(named, ports, firmware, engine, list(models.values()), line_faults)
        request = Request([board.name for board in swept], list(models), split_words(clocks), False, None, 30, samples)
        with Database(db) as database:
            sweep = Sweep(request, swept, line, list(models.values()), Outputs({}))
            done = sweep.measure(database, jobs, resume)
            records, lost = database.records(done.run_id), done.lost
    versus = versus_of(records, [_pair(pair) for pair in chosen], MAIN_CLOCK)
    if not versus:
        raise InputError(f"the run has no point of {', '.join(models)}")
    if json_file:
        write_text(json_file, json.dumps([versus_dict(each) for each in versus], indent=1) + "\n")
    if markdown:
        write_text(markdown, versus_markdown(versus))
    print_versus(report_console(), versus)
    if lost:
        raise RigError(f"{len(lost)} boards were lost, first {lost[0].partition(' ')[2]}; go on with --resume")
    # Without a build there was no board to fail.
    failed = [each for each in records if each.model in models and each.status == "failed" and each.firmware_build]
    if failed:
        raise CheckFailedError(f"{len(failed)} of {len(records)} points failed, first {failed[0].point_id}")


def _choose(names: Sequence[str], every: bool, folder: Path) -> list[tuple[Model, ...]]:
    """Return the models to compare: two, or one that stands alone."""
    if every == bool(names) or len(names) > 2:
        raise InputError("name a model (NAME-float32 and NAME-int8 are compared), two models, or --all")
    if len(names) == 2:
        return [tuple(load_model(name, folder) for name in names)]
    known = list_models(folder)
    groups = {name: _versions(name, known) for name in dict.fromkeys(map(_base, known))}
    if not every:
        groups = {name: found for name, found in groups.items() if len(found) == 2}
        base = _base(names[0])
        fitting = [base] if base in groups else [name for name in groups if base in name]
        if len(fitting) != 1:
            there = ", ".join(groups) or "none"
            raise InputError(
                f"'{names[0]}' names {len(fitting)} models with {FLOAT} and {INTEGER} in {folder}, which has: {there};"
                " or name two models"
            )
        groups = {fitting[0]: groups[fitting[0]]}
    return [tuple(read_model(folder / name) for name in found) for found in groups.values()]


def _base(name: str) -> str:
    return name.removesuffix(FLOAT).removesuffix(INTEGER)


def _versions(base: str, known: Sequence[str]) -> list[str]:
    return [name for name in (f"{base}{FLOAT}", f"{base}{INTEGER}", base) if name in known]


def _pair(models: tuple[Model, ...]) -> Pair:
    if len(models) == 1:
        return Pair(models[0].name, None)
    return Pair(models[0].name, models[1].name, worst_output_difference(*models))


def _records_of(db: Path, run: str) -> list[Record]:
    if not db.is_file():
        raise InputError(f"{db}: no such database; 'mcubench sweep' makes one")
    with Database(db) as database:
        return database.records(database.find_run(run).run_id)
