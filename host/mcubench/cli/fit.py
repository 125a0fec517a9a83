"""`mcubench fit`."""

from __future__ import annotations

import json
import math
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from mcubench.boards import DEFAULT_ENGINE, KNOWN_BOARDS, KnownBoard, known_board, parse_board
from mcubench.cli.connect import LineOptions, open_bench
from mcubench.codegen import Program, compile_model, load_tflm_model
from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source, read_source
from mcubench.errors import InputError, NoImageError
from mcubench.fit import Limits, Needs, Verdict, advice, judge, parse_size, plan_needs, run_needs
from mcubench.images import EmbeddedModel, build_image, need_project
from mcubench.intake.folder import choose_name
from mcubench.models import (
    Budget,
    find_models_folder,
    load_model,
    read_budgets,
    read_model,
    read_vectors,
)
from mcubench.report import report_console

__all__ = ["command"]

ALL_BOARDS = "all"
# Exit codes by answer; None is that nobody can tell.
EXIT_CODES = {True: 0, False: 1, None: 3}
ANSWERS = {True: "fits", False: "does not fit", None: "cannot tell"}


def _size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:  # noqa: ARG001 - click's
    return None if value is None else parse_size(value)


def _microseconds(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:  # noqa: ARG001
    if value is not None and not math.isfinite(value):  # click's ranges let NaN through
        raise InputError(f"--max-latency-us {value}: expected a number of microseconds")
    return value


@dataclass(frozen=True)
class _Asked:
    """The model in question: its file or folder, what it says of itself, and the first of its vectors if it has any."""

    path: Path
    source: Source
    budgets: dict[str, Budget]
    vector: bytes | None


@click.command("fit")
@click.argument("model")
@click.option("--board", "boards", multiple=True, required=True, help="A board's name, or all. May be repeated.")
@click.option("--engine", default=DEFAULT_ENGINE, show_default=True, help="What is to run the model.")
@click.option("--clock", metavar="CLOCK", help="Setting of the latency; default: the budget's, or the main clock.")
@click.option(
    "--max-latency-us",
    type=click.FloatRange(min=0, min_open=True),
    callback=_microseconds,
    help="Median of warm inferences.",
)
@click.option("--max-flash", callback=_size, metavar="SIZE", help="For model and kernels: bytes, 96K or 1M.")
@click.option("--max-ram", callback=_size, metavar="SIZE", help="For the arena and the stack, likewise.")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON; null is unknown.")
def command(
    model: str,
    boards: Sequence[str],
    engine: str,
    clock: str | None,
    max_latency_us: float | None,
    max_flash: int | None,
    max_ram: int | None,
    models_folder: Path | None,
    as_json: bool,
) -> int:
    """Say whether MODEL, a model's name or a .tflite file, fits a board, and by how much; nothing is flashed.

    Sizes are from the linker, latency is modelled: the image is built and runs on the virtual board. What is not asked
    for with --max is as in the model's budget; the board's own room counts always. Exit code 0: it fits; 1: it does
    not; 2: bad input; 3: nobody can tell, because a figure is not known.
    """
    known = _known_boards(boards, engine)
    with ExitStack() as stack:
        asked = _find(model, models_folder, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        answers = []
        for board in known:
            budget = asked.budgets.get(board.environment(engine))
            limits = Limits.of(budget, max_latency_us, max_flash, max_ram)
            answers.append(_answer(asked, board, engine, clock or (budget.clock if budget else None), limits))
    if as_json:
        click.echo(json.dumps([_as_dict(asked.source, *answer) for answer in answers], indent=2))
    else:
        for answer in answers:
            _print(asked.source, *answer)
    fits = {verdict.fits for verdict, _ in answers}
    return EXIT_CODES[False if False in fits else None if None in fits else True]


def _known_boards(names: Sequence[str], engine: str) -> list[KnownBoard]:
    """Return the boards that are meant; InputError if there is no such board, or if it cannot have the engine."""
    real = [board for board in KNOWN_BOARDS if board.arena_bytes is not None]
    found = []
    for name in names:
        board = known_board(name.removeprefix("virtual:"))
        if name == ALL_BOARDS:
            found += [each for each in real if engine in each.engines]
        elif board not in real:
            raise InputError(f"no board '{name}'; there is {', '.join(each.name for each in real)}, and {ALL_BOARDS}")
        elif engine not in board.engines:
            raise InputError(f"{board.name} cannot have the engine '{engine}'; there is {', '.join(board.engines)}")
        else:
            found.append(board)
    return list(dict.fromkeys(found))


def _find(model: str, models_folder: Path | None, scratch: Path) -> _Asked:
    """Return the model that a name or a path means; a file is copied to `scratch` under a name that boards can say."""
    path = Path(model)
    if path.suffix == ".tflite" or path.is_file():
        if not path.is_file():
            raise InputError(f"{path}: no such file")
        named = scratch / f"{choose_name(path, None)}.tflite"
        shutil.copyfile(path, named)
        source = read_source(named)
        _check_graph(path, source)
        return _Asked(named, source, {}, None)
    found = (
        read_model(path) if (path / "model.toml").is_file() else load_model(model, find_models_folder(models_folder))
    )
    vector = read_vectors(found).first(1).payload()
    budgets = read_budgets(found.folder)
    for name in budgets.keys() - {board.environment(each) for board in KNOWN_BOARDS for each in board.engines}:
        click.echo(f"[budget.{name}] in {found.folder / 'model.toml'} is of no board that is known here", err=True)
    return _Asked(found.folder, read_source(found.folder), budgets, vector)


def _check_graph(path: Path, source: Source) -> None:
    """Raise InputError if the file is none that can be read: that is bad input, not a model that does not fit."""
    try:
        read_graph(source.data)
    except InputError as exc:
        raise InputError(f"{path}: {exc}") from exc


def _answer(
    asked: _Asked, board: KnownBoard, engine: str, clock: str | None, limits: Limits
) -> tuple[Verdict, list[str]]:
    """Return the verdict for one board, and what would help."""
    source = asked.source
    program: Program | None = None
    needs: Needs | None = None
    refusal: str | None = None
    try:
        if engine == DEFAULT_ENGINE:
            program = compile_model(source.name, source.data)
        else:
            load_tflm_model(asked.path)
    except InputError as exc:
        refusal = str(exc)
    else:
        needs, refusal = _needs(asked, board, engine, clock, program)
    verdict = judge(board, engine, needs, limits, refusal)
    return verdict, advice(verdict, source, program, needs)


def _needs(
    asked: _Asked, board: KnownBoard, engine: str, clock: str | None, program: Program | None
) -> tuple[Needs, str | None]:
    """Build the image and run it; return what it needs, or what is planned and why there can be no image."""
    source = asked.source

    def on_build() -> None:
        click.echo(f"building {board.name} with {source.name} ...", err=True)

    embedded = EmbeddedModel(source.name, asked.path, source.sha256)
    try:
        image = build_image(need_project(), board, engine, [embedded], on_build)
        address = parse_board(f"virtual:{board.name}", image, engine)
    except NoImageError as exc:
        refusal = str(exc).removeprefix(f"{source.name}: ")
        return plan_needs(source, program, "there is no image"), refusal
    except InputError as exc:
        return plan_needs(source, program, str(exc)), None
    with open_bench(address, LineOptions()) as bench:
        return run_needs(bench, source, clock, asked.vector), None


def _as_dict(source: Source, verdict: Verdict, hints: Sequence[str]) -> dict[str, Any]:
    return {
        "model": source.name,
        "model_sha256": source.sha256,
        "board": verdict.board,
        "engine": verdict.engine,
        "fits": verdict.fits,
        "clock": verdict.clock,
        "refusal": verdict.refusal,
        "checks": [check.as_dict() for check in verdict.checks],
        "hints": list(hints),
    }


def _print(source: Source, verdict: Verdict, hints: Sequence[str]) -> None:
    console = report_console()
    at = f" at clock {verdict.clock}" if verdict.clock else ""
    title = f"{source.name} on {verdict.board}, engine {verdict.engine}{at}: {ANSWERS[verdict.fits]}"
    console.print(Text(title, style="bold"), soft_wrap=True)
    if verdict.refusal:
        console.print(Text(verdict.refusal), soft_wrap=True)
    if verdict.checks:
        console.print(_table(verdict))
    for hint in hints:
        console.print(Text(hint), soft_wrap=True)


def _table(verdict: Verdict) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=0)
    for name, left in (("", True), ("Need", False), ("Limit", False), ("Left", False), ("Limit from", True)):
        table.add_column(name, justify="left" if left else "right", no_wrap=True)
    table.add_column("Need from")
    for check in verdict.checks:
        need = check.need
        known = _number(need.value) if need.at_least is None else f">= {_number(need.at_least)}"
        table.add_row(
            f"{check.what} ({check.unit})",
            known,
            _number(check.limit.value),
            _number(check.margin),
            check.limit.said_by,
            f"{need.kind}: {need.source}",
            style="red" if check.fits is False else None,
        )
    return table


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
