"""Draws the README's pictures from the records of `make demo`: `make pictures` runs this."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rich.console import Console

from mcubench.errors import McubenchError
from mcubench.report import latency_chart, print_report
from mcubench.store import Database

__all__ = ["main"]

RECORDS = Path("results/demo.db")
PICTURES = Path("docs/images")
COLUMNS = 112


def main() -> int:
    """Write `sweep.svg`, what the terminal shows, and `latency.svg`; a failure is one line."""
    try:
        with Database(RECORDS) as database:
            records = database.records(database.find_run(None).run_id)
    except McubenchError as error:
        sys.stderr.write(f"pictures: {error}\n")
        return error.exit_code
    PICTURES.mkdir(parents=True, exist_ok=True)
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True)
        print_report(console, records)
        console.save_svg(str(PICTURES / "sweep.svg"), title="make demo")
    (PICTURES / "latency.svg").write_text(latency_chart(records))
    return 0


if __name__ == "__main__":
    sys.exit(main())
