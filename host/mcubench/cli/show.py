"""`mcubench show`."""

from __future__ import annotations

from pathlib import Path

import click

from mcubench.cli.outputs import Outputs, output_options
from mcubench.errors import InputError
from mcubench.report import print_report, report_console
from mcubench.store import Database

__all__ = ["command"]


@click.command("show")
@click.argument("run", required=False)
@output_options
def command(run: str | None, db: Path, outputs: Outputs) -> None:
    """Print the table of RUN again; a part of its id will do, and the last run is the default."""
    if not db.is_file():
        raise InputError(f"{db}: no such database; 'mcubench sweep' makes one")
    with Database(db) as database:
        found = database.find_run(run)
        records = database.records(found.run_id)
    outputs.write(records, found.lost)
    console = report_console()
    console.print(f"Run {found.run_id} of {found.started_at}: {found.command}", highlight=False, soft_wrap=True)
    print_report(console, records, found.lost)
