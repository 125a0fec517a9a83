"""`mcubench rig unlock`."""

from __future__ import annotations

from pathlib import Path

import click

from mcubench.cli.on_rig import rig_option
from mcubench.errors import LockedError, RigError
from mcubench.rig import load_rig
from mcubench.rig.lock import release

__all__ = ["command"]


@click.command("unlock")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@rig_option
@click.option("--force", is_flag=True, help="Also what somebody else keeps, or a living process uses.")
def command(names: tuple[str, ...], rig_file: Path | None, force: bool) -> None:
    """Give boards back that you keep: names, their beginnings, kinds, or 'all'.

    Exit code 3: somebody else keeps one of them, or a process uses it.
    """
    for board in load_rig(rig_file).select(names):
        try:
            found = release(board, force)
        except LockedError as exc:
            raise RigError(f"{board.name}: in use by {exc.holder}; --force takes it away") from exc
        print(f"{board.name}: {'; '.join(f'was in use by {each}' for each in found) or 'nobody had it'}")
