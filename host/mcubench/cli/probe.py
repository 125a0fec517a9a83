"""`mcubench probe`: what a debug probe does, with a virtual board."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from mcubench.probe import Probe

__all__ = ["command"]

_SOCKET = click.argument("socket", type=click.Path(path_type=Path))


@click.group("probe")
def command() -> None:
    """Load, reset or switch a virtual board that was started with --probe SOCKET."""


@command.command("load")
@_SOCKET
@click.argument("elf", type=click.Path(path_type=Path))
def load(socket: Path, elf: Path) -> None:
    """Write an ELF file into the board's flash, verify it, and pull the reset pin."""
    Probe(socket).load(elf)
    build_id = Probe(socket).status().build_id
    click.echo(f"{socket}: loaded {elf}{f', build {build_id}' if build_id else ''}")


@command.command("reset")
@_SOCKET
def reset(socket: Path) -> None:
    """Pull the reset pin."""
    Probe(socket).reset()


@command.command("power-cycle")
@_SOCKET
def power_cycle(socket: Path) -> None:
    """Switch the power off and on: RAM is lost, the flash is not."""
    Probe(socket).power_cycle()


@command.command("status")
@_SOCKET
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(socket: Path, as_json: bool) -> None:
    """Say which board is behind the probe, and what is in its flash."""
    told = asdict(Probe(socket).status())
    if as_json:
        click.echo(json.dumps(told))
    else:
        click.echo(" ".join(f"{key}={'none' if value is None else value}" for key, value in told.items()))
