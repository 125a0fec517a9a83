"""Tables of words, such as the boards of a rig, that fit the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from mcubench.report.table import UNLIMITED_WIDTH

__all__ = ["WordColumn", "print_words"]

UNKNOWN = "-"

Rows = Sequence[Sequence[str | None]]


@dataclass(frozen=True)
class WordColumn:
    """A column. Where there is little room, those of small `spare` come before others; one of 0 stays.

    One with a `least` width may be narrower than its words: these are cut, or broken into lines if it `wraps`. There is
    one such column at most.
    """

    name: str
    spare: int = 0
    least: int | None = None
    wraps: bool = False


def print_words(console: Console, title: str, columns: Sequence[WordColumn], rows: Rows) -> None:
    """Print a table with as many of the columns as the console has room for; None is a dash."""
    places = range(len(columns))
    shown = [place for place in places if not columns[place].spare]
    for place in sorted(set(places) - set(shown), key=lambda place: columns[place].spare):
        more = sorted([*shown, place])
        if _least_width(console, columns, rows, more) <= console.width:
            shown = more
    spare_room = console.width - _least_width(console, columns, rows, shown)
    # Not as the table's own title, which is broken where the table ends.
    console.print(Text(title, style="bold"), soft_wrap=True)
    console.print(_table(columns, rows, shown, spare_room))


def _least_width(console: Console, columns: Sequence[WordColumn], rows: Rows, shown: Sequence[int]) -> int:
    options = console.options.update(max_width=UNLIMITED_WIDTH)
    return Measurement.get(console, options, _table(columns, rows, shown, 0)).maximum


def _table(columns: Sequence[WordColumn], rows: Rows, shown: Sequence[int], spare_room: int) -> Table:
    """Return a table in which a column with a `least` width has at most so much and the spare room."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for column in (columns[place] for place in shown):
        table.add_column(
            column.name,
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            max_width=None if column.least is None else max(1, column.least + spare_room),
        )
    for row in rows:
        table.add_row(*(Text(row[place] or UNKNOWN) for place in shown))
    return table
