"""Draws the README's pictures from what `make demo`, `compare`, `models` and `bench` left: run by `make pictures`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from line_picture import line_picture
from rich.console import Console
from rich.text import Text
from rig_picture import rig_picture

from mcubench.errors import McubenchError
from mcubench.report import latency_chart, print_report
from mcubench.store import Database, Record

__all__ = ["main"]

DEMO, COMPARE = Path("results/demo.db"), Path("results/compare.db")
MODELS = Path("results/models.db")  # of `make models`
LINE, RIG = Path("results/line.json"), Path("results/rig-bench.json")  # of `make bench`
RIG_DEMO = Path("results/rig-demo/demo.txt")  # of `make rig-demo`
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


def draw_command(name: str, title: str, *arguments: str) -> None:
    """Write what a command of mcubench shows."""
    environment = os.environ | {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "mcubench", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=True)
    draw_text(name, title, done.stdout)


def draw_text(name: str, title: str, text: str) -> None:
    """Write what stood in a terminal, as wide as its longest line; its colours are kept."""
    shown = Text.from_ansi(text)
    columns = max(COLUMNS, *(line.cell_len for line in shown.split()))
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=columns, file=nowhere, force_terminal=True)
        console.print(shown)
        console.save_svg(str(PICTURES / name), title=title)


def main() -> int:
    """Write the pictures; those of `make models` and `make bench` only if they ran. A failure is one line."""
    try:
        demo, compare = last_records(DEMO), last_records(COMPARE)
    except McubenchError as error:
        sys.stderr.write(f"pictures: {error}\n")
        return error.exit_code
    PICTURES.mkdir(parents=True, exist_ok=True)
    draw_terminal(demo, "sweep.svg", "make demo")
    draw_terminal(compare, "compare.svg", "make compare")
    (PICTURES / "latency.svg").write_text(latency_chart(demo))
    draw_command("inspect.svg", "mcubench model inspect mnist-int8", "model", "inspect", "mnist-int8")
    if MODELS.exists():
        with Database(MODELS) as opened:
            run = opened.find_run(None).run_id
        draw_command("models.svg", "make models", "compare", "--all", "--db", str(MODELS), "--run", run)
    if LINE.exists():
        (PICTURES / "line.svg").write_text(line_picture(json.loads(LINE.read_text())))
    if RIG.exists():
        (PICTURES / "rig.svg").write_text(rig_picture(json.loads(RIG.read_text())))
    if RIG_DEMO.exists():
        draw_text("rig-demo.svg", "make rig-demo", RIG_DEMO.read_text())
    return 0


if __name__ == "__main__":
    sys.exit(main())
