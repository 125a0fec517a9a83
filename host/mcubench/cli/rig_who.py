"""`mcubench rig who`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict

import click

from mcubench.errors import StateError
from mcubench.report import WordColumn, print_words, report_console
from mcubench.rig import Holder, holders, unreadable_locks

__all__ = ["command"]

COLUMNS = (
    WordColumn("Board"),
    WordColumn("Who"),
    WordColumn("Process", spare=1),
    WordColumn("Why", least=20, wraps=True),
    WordColumn("Since", spare=2),
)


@click.command("who")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
    """Say who uses which board of this machine, in whatever rig file it is. Exit code 3: a lock cannot be read."""
    found, errors = holders(), unreadable_locks()
    if as_json:
        print(json.dumps([asdict(each) for each in found]))
    elif found:
        _print_table(found)
    elif not errors:
        print("nobody uses a board")
    for error in errors:
        click.echo(f"mcubench: unreadable: {error}", err=True)
    return StateError.exit_code if errors else 0


def _print_table(found: Sequence[Holder]) -> None:
    rows = [
        (each.board, f"{each.user}@{each.host}", "kept" if each.pid is None else str(each.pid), each.reason, each.since)
        for each in found
    ]
    print_words(report_console(), "Boards in use", COLUMNS, rows)
