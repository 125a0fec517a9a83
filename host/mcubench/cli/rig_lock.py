"""`mcubench rig lock`."""

from __future__ import annotations

from pathlib import Path

import click

from mcubench.cli.on_rig import rig_option
from mcubench.rig import RigBoard, load_rig
from mcubench.rig.lock import keep, release

__all__ = ["command"]


@click.command("lock")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@rig_option
@click.option("--reason", default="by hand", show_default=True, metavar="TEXT", help="What others read who want it.")
def command(names: tuple[str, ...], rig_file: Path | None, reason: str) -> None:
    """Keep boards for yourself until 'rig unlock': only you, on this machine, can use them then.

    Names, their beginnings, kinds, or 'all'. Exit code 3: somebody else has one of them; then none is kept.
    """
    taken: list[RigBoard] = []
    try:
        for board in load_rig(rig_file).select(names):
            if not keep(board, reason):
                taken.append(board)
            print(f"{board.name}: yours until 'mcubench rig unlock {board.name}'")
    except BaseException:
        for board in taken:
            release(board)
        raise
