"""`mcubench rig`: the boards of a bench rig; one file per command."""

from __future__ import annotations

import click

from mcubench.cli.lazy_group import LazyGroup

__all__ = ["command"]

COMMANDS = {
    "scan": "Find boards and write them into the rig file.",
    "list": "List the boards of the rig file, and who uses them.",
    "check": "Ask every board who it is.",
    "up": "Run the virtual boards of the rig file.",
    "lock": "Keep a board for yourself.",
    "unlock": "Give a board back.",
    "who": "Say who uses which board.",
}


@click.group("rig", cls=LazyGroup, summaries=COMMANDS, prefix="mcubench.cli.rig_")
def command() -> None:
    """Keep a shelf of boards: what is there, who uses it, what has broken."""
