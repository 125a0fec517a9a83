"""Options that say where results go, and keeping those files as fresh as the database."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mcubench.report import csv_text, json_text, latency_chart, markdown_text, write_text
from mcubench.store import Record

__all__ = ["DEFAULT_DATABASE", "Outputs", "output_options"]

DEFAULT_DATABASE = Path("results/mcubench.db")
# What each kind of file says of records, and of boards that were lost.
WRITERS: dict[str, Callable[[Sequence[Record], Sequence[str]], str]] = {
    "json": lambda records, _: json_text(records),
    "csv": lambda records, _: csv_text(records),
    "markdown": markdown_text,
    "chart": lambda records, _: latency_chart(records),
}

# Of the time of a sweep at most this part goes into writing files anew: all records are written each time, so that with
# a thousand of them, 100 boards' ten points each, it would be nine tenths.
MOST_WRITING = 0.1


@dataclass(frozen=True)
class Outputs:
    """Files to write records to, by kind."""

    paths: dict[str, Path]

    def write(self, records: Sequence[Record], lost: Sequence[str] = ()) -> None:
        """Write every file anew; `lost` has a line for each board that could not be measured to the end."""
        for kind, path in self.paths.items():
            write_text(path, WRITERS[kind](records, lost))

    @contextmanager
    def kept_fresh(self, records: Callable[[], Sequence[Record]]) -> Iterator[Callable[[], None]]:
        """Yield what to call when there is a new record; however it ends, all files have all records then."""
        next_s, stale = 0.0, False

        def refresh(at_end: bool = False) -> None:
            nonlocal next_s, stale
            start_s = time.monotonic()
            stale = start_s < next_s and not at_end
            if self.paths and not stale:
                self.write(records())
                end_s = time.monotonic()
                next_s = end_s + (end_s - start_s) / MOST_WRITING

        try:
            yield refresh
        finally:
            if stale:
                refresh(at_end=True)


def output_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json, --csv, --markdown, --chart and --db; the first four reach the command as `outputs`."""

    def wrapped(
        json: Path | None, csv: Path | None, markdown: Path | None, chart: Path | None, **arguments: Any
    ) -> Any:
        paths = {"json": json, "csv": csv, "markdown": markdown, "chart": chart}
        return function(outputs=Outputs({kind: path for kind, path in paths.items() if path}), **arguments)

    helps = {"json": "A list of records.", "csv": "One row per record.", "markdown": "The table.", "chart": "An SVG."}
    file = click.Path(path_type=Path, dir_okay=False)
    wrapped.__doc__ = function.__doc__
    command: Callable[..., Any] = wrapped
    for kind, text in reversed(helps.items()):
        command = click.option(f"--{kind}", type=file, metavar="FILE", help=text)(command)
    return click.option("--db", type=file, default=DEFAULT_DATABASE, show_default=True, help="Result database.")(
        command
    )
