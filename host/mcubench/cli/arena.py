"""`mcubench arena`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

import click
from rich.console import Console

from mcubench.boards import BoardAddress
from mcubench.cli.connect import LineOptions, board_address, board_options, open_bench, with_line_faults
from mcubench.cli.on_rig import choose_boards, open_rig_bench, rig_option
from mcubench.errors import InputError
from mcubench.measure import Bench
from mcubench.measure.arena import ArenaTry, SmallestArena, find_smallest_arena
from mcubench.models import ArenaRecord, Model, find_models_folder, load_model, read_vectors, record_arena
from mcubench.rig import RigBoard

__all__ = ["command"]


@click.command("arena")
@board_options
@rig_option
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option(
    "--vectors", type=click.IntRange(1), default=1, show_default=True, help="Vectors to come out right at each try."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that was found as JSON.")
@click.argument("model")
def command(
    model: str,
    board: str | None,
    port: str | None,
    firmware: Path | None,
    engine: str | None,
    line: LineOptions,
    line_faults: Sequence[str],
    rig_file: Path | None,
    models_folder: Path | None,
    vectors: int,
    as_json: bool,
) -> None:
    """Find the smallest arena with which MODEL runs on a board, and record it in the model's arena.toml.

    The arena is made smaller by halves; each that opens the model must also compute the golden outputs. The next image
    of the engine `tflm` for the same core is built with the figure. Exit code 1: it does not run with any arena; 2: bad
    input; 3: the board was lost.
    """
    chosen = load_model(model, find_models_folder(models_folder))
    checked = read_vectors(chosen).first(vectors)
    named = choose_boards([board] if board else [], [port] if port else [], rig_file)
    opened: AbstractContextManager[Bench]
    if named.rig_boards:
        on_rig = _only(named.rig_boards, [*named.others, *([port] if port else [])])
        asked = with_line_faults(BoardAddress(on_rig.name, engine=engine), line_faults)
        opened = open_rig_bench(on_rig, asked, line, "mcubench arena")
    else:
        opened = open_bench(board_address(board, port, firmware, engine, [chosen.folder], line_faults), line)
    with opened as bench:
        _check_model(bench, chosen)
        bench.settle(bench.board)
        found = find_smallest_arena(bench, chosen, checked, _show)
        record = _record(bench, chosen, found)
        info = bench.info
    path = record_arena(chosen.folder, info.engine, info.core, record)
    if as_json:
        facts = {"model": chosen.name, "engine": info.engine, "core": info.core, **asdict(record), **asdict(found)}
        click.echo(json.dumps(facts, indent=2, default=str))
        return
    click.echo(
        f"{chosen.name}: {found.bytes} bytes of arena, of which the engine counts {found.used_bytes} as used;"
        f" {info.engine} {info.engine_version} on {info.core} ({info.timing}, {info.board}),"
        f" {len(found.tries)} arenas tried; recorded in {path}"
    )


def _only(boards: Sequence[RigBoard], others: Sequence[str]) -> RigBoard:
    """Return the board of the rig; InputError if more than one board was named."""
    if len(boards) + len(others) > 1:
        names = ", ".join([*(board.name for board in boards), *others])
        raise InputError(f"an arena is measured on one board, but named are {names}")
    return boards[0]


def _check_model(bench: Bench, model: Model) -> None:
    """InputError if the board's image does not hold this very model."""
    held = {each.name: each.sha256 for each in bench.models}
    if model.name not in held:
        raise InputError(f"the board has no model '{model.name}'; its image holds {', '.join(held) or 'none'}")
    if held[model.name] != model.sha256:
        raise InputError(f"the board's '{model.name}' is not {model.tflite_path}; build and flash the image again")


def _show(tried: ArenaTry) -> None:
    arena = "all there is" if tried.arena_bytes is None else f"{tried.arena_bytes} bytes"
    Console(stderr=True).print(f"arena of {arena}: {'runs' if tried.runs else 'too small'}", highlight=False)


def _record(bench: Bench, model: Model, found: SmallestArena) -> ArenaRecord:
    info = bench.info
    return ArenaRecord(
        bytes=found.bytes,
        model_sha256=model.sha256,
        engine_version=info.engine_version,
        toolchain=info.toolchain,
        firmware_build=info.build_id,
        board=info.board,
        kind=info.timing,
        date=datetime.now(UTC).date(),
    )
