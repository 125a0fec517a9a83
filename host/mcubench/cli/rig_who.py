"""`mcubench rig who`."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.markup import escape
from rich.table import Table

from mcubench.report import report_console
from mcubench.rig import holders

__all__ = ["command"]


@click.command("who")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """Say who uses which board of this machine, in whatever rig file it is."""
    found = holders()
    if as_json:
        print(json.dumps([asdict(each) for each in found]))
        return
    if not found:
        print("nobody uses a board")
        return
    table = Table("Board", "Who", "Process", "Why", "Since", title="Boards in use", title_justify="left")
    for each in found:
        process = "kept" if each.pid is None else str(each.pid)
        table.add_row(*map(escape, (each.board, f"{each.user}@{each.host}", process, each.reason, each.since)))
    report_console().print(table)
