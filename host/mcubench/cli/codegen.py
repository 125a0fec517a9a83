"""`mcubench codegen`: C out of .tflite models, for an engine."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from mcubench.codegen import (
    Limits,
    Program,
    TflmModel,
    XcubeaiModel,
    generate,
    generate_tflm,
    generate_xcubeai,
    load_tflm_model,
)
from mcubench.models import recorded_arena_bytes

__all__ = ["command"]

# For TFLM where nothing was measured and no --arena given: the RAM that the STM32F746 port has for it.
DEFAULT_ARENA_BYTES = 262144


@click.command("codegen")
@click.option(
    "--engine",
    type=click.Choice(["generated", "tflm", "xcubeai"]),
    default="generated",
    show_default=True,
    help="Who runs it.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write C files to."
)
@click.option(
    "--flash", "flash_bytes", type=click.IntRange(1), help="Bytes of flash; models that need more are refused."
)
@click.option("--arena", "arena_bytes", type=click.IntRange(1), help="Bytes of RAM for an arena; likewise.")
@click.option("--core", default="", help="Core of the board, to find the arena measured for it (tflm).")
@click.option("--engine-version", default="", help="Version of the library, likewise (tflm).")
@click.option(
    "--user-files", type=click.Path(path_type=Path, file_okay=False), help="Folder with ST's files (xcubeai)."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, with the memory plan.")
@click.argument("models", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(
    engine: str,
    out: Path,
    flash_bytes: int | None,
    arena_bytes: int | None,
    core: str,
    engine_version: str,
    user_files: Path | None,
    as_json: bool,
    models: tuple[Path, ...],
) -> None:
    """Write C for an engine: MODELS are .tflite files, or folders with model.tflite."""
    limits = Limits(flash_bytes, arena_bytes)
    if engine == "generated":
        programs = generate(models, out, limits)
        summaries = [_summary(program) for program in programs]
        lines = [_line(program) for program in programs]
    elif engine == "xcubeai":
        networks = generate_xcubeai(models, out, _need_user_files(user_files))
        summaries = [_xcubeai_summary(model) for model in networks]
        lines = [f"{model.source.name}: network {model.network.name} of ST's tool" for model in networks]
    else:
        size = _tflm_arena_bytes(models, engine_version, core) or arena_bytes or DEFAULT_ARENA_BYTES
        embedded = generate_tflm(models, out, size, limits)
        summaries = [_tflm_summary(model, size) for model in embedded]
        lines = [_tflm_line(model, size) for model in embedded]
    click.echo(json.dumps(summaries, indent=2) if as_json else "\n".join(lines))


def _tflm_arena_bytes(models: Sequence[Path], engine_version: str, core: str) -> int | None:
    """Return the arena that all models were measured to run in; None if one of them was not measured."""
    sizes = [
        recorded_arena_bytes(path, load_tflm_model(path).source.sha256, "tflm", engine_version, core) for path in models
    ]
    known = [size for size in sizes if size is not None]
    return max(known) if len(known) == len(sizes) else None


def _line(program: Program) -> str:
    return (
        f"{program.name}: {len(program.layers)} operators, {program.parameters} parameters, {program.macs} MACs, "
        f"{program.constant_bytes} bytes of constants, {program.arena_bytes} bytes of arena"
    )


def _tflm_line(model: TflmModel, arena_bytes: int) -> str:
    return (
        f"{model.source.name}: {len(model.graph.operators)} operators of {len(model.methods)} kinds, "
        f"{len(model.source.data)} bytes of model, {arena_bytes} bytes of arena"
    )


def _tflm_summary(model: TflmModel, arena_bytes: int) -> dict[str, Any]:
    return {
        "name": model.source.name,
        "sha256": model.source.sha256,
        "operators": [{"op": operator.name} for operator in model.graph.operators],
        "resolver": sorted(model.methods),
        "model_bytes": len(model.source.data),
        "arena_bytes": arena_bytes,
    }


def _need_user_files(user_files: Path | None) -> Path:
    if user_files is None:
        raise click.UsageError("--engine xcubeai needs --user-files, the folder with ST's files; see docs/xcubeai.md")
    return user_files


def _xcubeai_summary(model: XcubeaiModel) -> dict[str, Any]:
    network = model.network
    return {
        "name": model.source.name,
        "sha256": model.source.sha256,
        "network": network.name,
        "model_md5": network.model_md5,
        "command": network.command,
    }


def _summary(program: Program) -> dict[str, Any]:
    return {
        "name": program.name,
        "sha256": program.sha256,
        "operators": [{"op": layer.op, "macs": layer.macs, "parameters": layer.weights} for layer in program.layers],
        "parameters": program.parameters,
        "macs": program.macs,
        "constant_bytes": program.constant_bytes,
        "arena_bytes": program.arena_bytes,
        "plan": [
            {
                "name": placement.buffer.name,
                "offset": placement.offset,
                "size": placement.buffer.size,
                "first": placement.buffer.first,
                "last": placement.buffer.last,
            }
            for placement in program.plan
        ],
    }
