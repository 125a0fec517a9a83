"""`mcubench show`."""

from __future__ import annotations

from pathlib import Path

import click

from mcubench.cli.outputs import Outputs, output_options
from mcubench.errors import InputError
from mcubench.report import print_report, report_console
from mcubench.report.columns import board_name
from mcubench.store import Database, Record

__all__ = ["command"]


@click.command("show")
@click.argument("run", required=False)
@click.option("--board", "boards", multiple=True, metavar="NAME", help="Only boards whose names begin so; repeatable.")
@output_options
def command(run: str | None, boards: tuple[str, ...], db: Path, outputs: Outputs) -> None:
    """Print the table of RUN again; a part of its id will do, and the last run is the default."""
    if not db.is_file():
        raise InputError(f"{db}: no such database; 'mcubench sweep' makes one")
    with Database(db) as database:
        found = database.find_run(run)
        records = _of_boards(database.records(found.run_id), boards)
    outputs.write(records, found.lost)
    console = report_console()
    console.print(f"Run {found.run_id} of {found.started_at}: {found.command}", highlight=False, soft_wrap=True)
    print_report(console, records, found.lost)


def _of_boards(records: list[Record], boards: tuple[str, ...]) -> list[Record]:
    """Return the records of the boards whose names begin with one of `boards`, of all if there is none."""
    names = sorted({name for record in records for name in (board_name(record), record.board_name) if name})
    for begun in boards:
        if not any(name.startswith(begun) for name in names):
            raise InputError(f"no board '{begun}' in that run; there is {', '.join(names) or 'none'}")
    return [
        record
        for record in records
        if not boards or board_name(record).startswith(boards) or (record.board_name or "").startswith(boards)
    ]
