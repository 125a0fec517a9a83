"""`mcubench flash`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.boards import DEFAULT_ENGINE
from mcubench.cli.flash_progress import FlashProgress
from mcubench.cli.options import split_words
from mcubench.errors import InputError, McubenchError, RigError
from mcubench.flash import NOT_FLASHED, BoardFlashed, BoardKind, Built, build, flash_boards, given
from mcubench.images import EmbeddedModel, Project, need_project
from mcubench.models import find_models_folder, load_model
from mcubench.report import WordColumn, print_words, report_console
from mcubench.rig import RigBoard, RigFile, load_rig

__all__ = ["command"]

LOG_FOLDER = Path("results", "flash")
COLUMNS = (
    WordColumn("Name"),
    WordColumn("Board", spare=3),
    WordColumn("Done"),
    WordColumn("Build", spare=1),
    WordColumn("Seconds", spare=2),
    WordColumn("Log", least=20, wraps=True),
)


@click.command("flash")
@click.option("--board", "names", multiple=True, metavar="NAMES", help="Boards of the rig, or kinds of them.  [all]")
@click.option("--rig", "rig_path", type=click.Path(path_type=Path), metavar="FILE", help="The rig file.")
@click.option("--model", "models", multiple=True, help="What to build in, with commas.  [those of platformio.ini]")
@click.option("--models", "models_folder", type=click.Path(path_type=Path), help="Folder of model folders.")
@click.option("--engine", help=f"What runs the models.  [default: {DEFAULT_ENGINE}]")
@click.option("--firmware", type=click.Path(path_type=Path), metavar="ELF", help="Flash this image; build nothing.")
@click.option("--force", is_flag=True, help="Flash boards too that run the image already.")
@click.option("--json", "as_json", is_flag=True, help="Print the table as JSON.")
def command(
    names: Sequence[str],
    rig_path: Path | None,
    models: Sequence[str],
    models_folder: Path | None,
    engine: str | None,
    firmware: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Build firmware with models and load it into boards of the rig file, all at once, each through its own probe.

    A board that says that it runs the image already is left as it is. Exit code 2: bad input; 3: a board could not be
    flashed, the others were.
    """
    boards = _boards(load_rig(rig_path), split_words(names))
    project = need_project()
    if firmware and (models or engine):
        raise InputError("--firmware is an image with its models and engine; leave --model and --engine out")
    chosen = _models(models, models_folder)
    with FlashProgress(boards) as progress:
        if firmware:
            image = given(project, firmware, boards)
            images: dict[BoardKind, Built | RigError] = {image.kind: image}
        else:
            images = _build_all(project, boards, engine or DEFAULT_ENGINE, chosen, progress)
        results = flash_boards(boards, images, force, LOG_FOLDER, progress.tell, progress.end)
    if as_json:
        print(json.dumps([_as_json(result) for result in results], indent=2))
    else:
        print_words(report_console(), "Flashed", COLUMNS, [_row(result) for result in results])
    _raise_failed(results)


def _boards(rig: RigFile, words: Sequence[str]) -> list[RigBoard]:
    """Return the boards that were named, or all that can be flashed."""
    boards = rig.select(words)
    if not set(words) <= {"all"}:
        return boards
    flashed = [board for board in boards if board.board not in NOT_FLASHED]
    if not flashed:
        raise InputError(f"{rig.path}: no connected board that can be flashed; see 'mcubench rig list'")
    return flashed


def _models(names: Sequence[str], folder: Path | None) -> list[EmbeddedModel]:
    if not names:
        return []
    found = find_models_folder(folder)
    return [EmbeddedModel.of(load_model(name, found)) for name in split_words(names)]


def _build_all(
    project: Project, boards: Sequence[RigBoard], engine: str, models: Sequence[EmbeddedModel], progress: FlashProgress
) -> dict[BoardKind, Built | RigError]:
    """Return an image for each kind of board, or why it could not be built; bad input is raised, before any upload."""
    images: dict[BoardKind, Built | RigError] = {}
    for kind in dict.fromkeys(map(BoardKind.of, boards)):
        same = [board for board in boards if BoardKind.of(board) == kind]

        def on_build(same: Sequence[RigBoard] = same) -> None:
            for board in same:
                progress.tell(board, "building")

        try:
            images[kind] = build(project, kind, engine, models, on_build)
        except RigError as exc:
            images[kind] = exc
    return images


def _raise_failed(results: Sequence[BoardFlashed]) -> None:
    """Raise what says how many boards were not flashed, of the kind of the worst error; why was told of each."""
    failed = [result for result in results if result.error]
    if not failed:
        return
    names = ", ".join(result.board.name for result in failed)
    worst: type[McubenchError] = RigError if any(isinstance(each.error, RigError) for each in failed) else InputError
    raise worst(f"{len(failed)} of {len(results)} boards not flashed: {names}")


def _row(result: BoardFlashed) -> tuple[str | None, ...]:
    outcome = result.outcome
    done = (outcome.action, outcome.build_id, f"{outcome.took_s:.1f}") if outcome else ("failed", None, None)
    return (result.board.name, result.board.board, *done, _log_of(result))


def _as_json(result: BoardFlashed) -> dict[str, object]:
    outcome = result.outcome
    return {
        "name": result.board.name,
        "board": result.board.board,
        "action": outcome.action if outcome else "failed",
        "build_id": outcome.build_id if outcome else None,
        "took_s": round(outcome.took_s, 3) if outcome else None,
        "log": _log_of(result),
        "error": str(result.error) if result.error else None,
    }


def _log_of(result: BoardFlashed) -> str | None:
    if result.outcome:
        return str(result.outcome.log) if result.outcome.log else None
    return getattr(result.error, "log", None)
