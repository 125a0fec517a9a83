"""`mcubench image`."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from pathlib import Path

import click

from mcubench.boards import DEFAULT_ENGINE, KNOWN_BOARDS, KnownBoard, known_board
from mcubench.cli.options import model_options, split_words
from mcubench.errors import InputError
from mcubench.flash import NOT_FLASHED
from mcubench.image_layout import read_layout
from mcubench.images import NATIVE, EmbeddedModel, build_image, embed_variable, need_project
from mcubench.models import find_models_folder, load_model

__all__ = ["command"]


@click.command("image")
@click.option("--board", required=True, metavar="BOARD", help="Its name, as in 'mcubench boards'.")
@click.option("--engine", default=DEFAULT_ENGINE, show_default=True, help="What runs the models.")
@model_options
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
def command(board: str, engine: str, models: Sequence[str], models_folder: Path | None, as_json: bool) -> None:
    """Build a firmware image with models; print where it is, what it takes, and how to flash a board with them."""
    folder = find_models_folder(models_folder)
    chosen = [EmbeddedModel.of(load_model(name, folder)) for name in split_words(models)]
    known = _known(board)
    names = [model.name for model in chosen]

    def on_build() -> None:
        click.echo(f"building {board} with {', '.join(names)} ...", err=True)

    image = build_image(need_project(), known, engine, chosen, on_build)
    facts: dict[str, object] = {"board": known.name, "engine": engine, "models": names, "image": str(image)}
    if known.name == NATIVE:
        facts["next"] = f"mcubench sweep --board native:{image} --model {','.join(names)}"
    else:
        facts |= _sizes(image)
        facts["next"] = _flash_command(known, engine, chosen, models_folder)
    if as_json:
        click.echo(json.dumps(facts, indent=2))
    else:
        for name, value in facts.items():
            click.echo(f"{name.removesuffix('_bytes').replace('_', ' ')}: {_written(name, value)}")


def _known(name: str) -> KnownBoard:
    board = known_board(name)
    if board is None:
        raise InputError(f"no board '{name}'; there is {', '.join(each.name for each in KNOWN_BOARDS)}")
    return board


def _flash_command(board: KnownBoard, engine: str, models: Sequence[EmbeddedModel], folder: Path | None) -> str:
    """Return what brings the models into such boards of the rig, or into the one at hand where there can be no rig."""
    if board.name in NOT_FLASHED:
        return f"MCUBENCH_EMBED={embed_variable(models)} pio run -e {board.environment(engine)} -t upload"
    words = ["mcubench", "flash", "--board", board.name, "--model", ",".join(model.name for model in models)]
    words += ["--engine", engine] if engine != DEFAULT_ENGINE else []
    words += ["--models", str(folder)] if folder else []
    return shlex.join(words)


def _sizes(image: Path) -> dict[str, object]:
    layout = read_layout(image)
    return {
        "flash_bytes": layout.flash_bytes,
        "flash_model_bytes": layout.model_flash_bytes,
        "flash_engine_bytes": layout.size_bytes(".engine"),
        "flash_harness_bytes": layout.harness_flash_bytes,
        "arena_bytes": layout.size_bytes(".arena"),
        "ram_bytes": layout.ram_bytes,
    }


def _written(name: str, value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_written(name, each)}" for key, each in value.items())
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{value:,} bytes" if name.endswith("_bytes") else str(value)
