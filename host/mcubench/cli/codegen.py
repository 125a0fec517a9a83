"""`mcubench codegen`: C for the `generated` engine out of .tflite models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from mcubench.codegen import Program, generate

__all__ = ["command"]


@click.command("codegen")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder to write C files to."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON, with the memory plan.")
@click.argument("models", nargs=-1, required=True, type=click.Path(path_type=Path))
def command(out: Path, as_json: bool, models: tuple[Path, ...]) -> None:
    """Write C for the `generated` engine: MODELS are .tflite files, or folders with model.tflite."""
    programs = generate(models, out)
    if as_json:
        click.echo(json.dumps([_summary(program) for program in programs], indent=2))
        return
    for program in programs:
        click.echo(
            f"{program.name}: {len(program.layers)} operators, {program.parameters} parameters, {program.macs} MACs, "
            f"{program.constant_bytes} bytes of constants, {program.arena_bytes} bytes of arena"
        )


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
