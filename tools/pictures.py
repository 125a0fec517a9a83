"""Draws the README's pictures from the records of `make demo` and `make compare`: `make pictures` runs this."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from mcubench.errors import McubenchError
from mcubench.report import latency_chart, print_report
from mcubench.store import Database, Record

__all__ = ["main"]

DEMO, COMPARE = Path("results/demo.db"), Path("results/compare.db")
PICTURES = Path("docs/images")
COLUMNS = 118


def last_records(database: Path) -> list[Record]:
    """Return the records of a database's last run."""
    with Database(database) as opened:
        return opened.records(opened.find_run(None).run_id)


def draw_terminal(records: Sequence[Record], name: str, title: str) -> None:
    """Write what the terminal shows."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        print_report(console, records)
        console.save_svg(str(PICTURES / name), title=title)


def main() -> int:
    """Write `sweep.svg`, `latency.svg` and `compare.svg`; a failure is one line."""
    try:
        demo, compare = last_records(DEMO), last_records(COMPARE)
    except McubenchError as error:
        sys.stderr.write(f"pictures: {error}\n")
        return error.exit_code
    PICTURES.mkdir(parents=True, exist_ok=True)
    draw_terminal(demo, "sweep.svg", "make demo")
    draw_terminal(compare, "compare.svg", "make compare")
    (PICTURES / "latency.svg").write_text(latency_chart(demo))
    return 0


if __name__ == "__main__":
    sys.exit(main())
