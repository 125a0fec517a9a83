"""The report for people, in the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mcubench.report.columns import (
    SIZE_COLUMNS,
    SIZE_TITLE,
    SPEED_COLUMNS,
    SUMMARY_COLUMNS,
    SUMMARY_TITLE,
    Column,
    details,
    disturbances,
    failures,
    footnotes,
    known_columns,
    main_points,
    sizes,
)
from mcubench.store import Record

__all__ = ["print_report", "report_console"]

# Wide enough for every column; a terminal that is narrower cuts.
PLAIN_WIDTH = 120
UNLIMITED_WIDTH = 10_000
# Nobody reads more at once; a hundred boards with five models have 500.
MOST_TABLES = 32


class _ReportConsole(Console):
    def on_broken_pipe(self) -> None:
        """Go on in silence: who read our output has seen enough (`mcubench sweep | head`), and the exit code counts."""
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def report_console() -> Console:
    """Return a console for reports on stdout: as wide as the terminal, or wide enough when there is none."""
    console = _ReportConsole()
    return console if console.is_terminal else _ReportConsole(width=PLAIN_WIDTH)


def print_report(console: Console, records: Sequence[Record], lost: Sequence[str] = ()) -> None:
    """Print a table that compares boards if there are several, one per model and board with a row per clock, and sizes.

    A board's own table is left out if the first one has all its rows; if there would be very many, all are. At the end
    stand points that were disturbed, what failed, and which boards were `lost`, a line each. Points that these left
    unmeasured are rows too.
    """
    mains = main_points(records)
    if mains:
        _print_table(console, SUMMARY_TITLE, known_columns(SUMMARY_COLUMNS, mains), mains)
        for line in footnotes(mains):
            console.print(Text(f" {line}\n"), soft_wrap=True)
    blocks = details(records)
    if len(blocks) > MOST_TABLES:
        told = f"{len(blocks)} tables left out; of one board: mcubench show {records[0].run_id} --board NAME"
        console.print(Text(f"{told}\n"), soft_wrap=True)
        blocks = []
    for title, block in blocks:
        _print_table(console, title, known_columns(SPEED_COLUMNS, block), block)
    _print_table(console, SIZE_TITLE, known_columns(SIZE_COLUMNS, records), sizes(records))
    for line in disturbances(records):
        console.print(Text(f"NOTE {line}"), soft_wrap=True)
    for line in failures(records):
        console.print(Text(f"FAILED {line}", style="bold red"), soft_wrap=True)
    for line in lost:
        console.print(Text(line, style="bold red"), soft_wrap=True)


def _print_table(console: Console, title: str, columns: Sequence[Column], records: Sequence[Record]) -> None:
    # Not as the table's own title, which is broken where the table ends.
    console.print(Text(title, style="bold"), soft_wrap=True)
    console.print(_fitting_table(console, columns, records))


def _fitting_table(console: Console, columns: Sequence[Column], records: Sequence[Record]) -> Table:
    """Return a table with as many columns as the console has room for, because a number cut short is another number."""
    table = _table(columns, records)
    spare = max(columns, key=lambda column: column.spare)
    width = Measurement.get(console, console.options.update(max_width=UNLIMITED_WIDTH), table).maximum
    if width <= console.width or not spare.spare:
        return table
    return _fitting_table(console, [column for column in columns if column is not spare], records)


def _table(columns: Sequence[Column], records: Sequence[Record]) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=0)
    for column in columns:
        table.add_column(
            Text(f"{column.group}\n{column.name}"), justify="left" if column.left else "right", no_wrap=True
        )
    for record in records:
        style = "red" if record.status != "ok" else None
        table.add_row(*(Text(column.show(record)) for column in columns), style=style)
    return table
