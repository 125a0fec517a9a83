"""Sweeps as processes of their own, as a person starts them, and what they leave in their database."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcubench.store import Database, Record

__all__ = ["DONE", "FAILED", "RIG", "UNREACHABLE", "SweepPlan", "run_sweep"]

# Longer than any sweep here takes, so that one that hangs ends the campaign and not the night.
SWEEP_TIMEOUT_S = 300.0
DONE, FAILED, UNREACHABLE, RIG = 0, 1, 2, 3


def sweep_command(*options: str | Path) -> list[str]:
    """Return what starts `mcubench sweep` with this Python."""
    return [sys.executable, "-m", "mcubench", "sweep", *map(str, options)]


@dataclass(frozen=True)
class SweepPlan:
    """What to sweep, quick enough to be done many times."""

    board: str
    options: tuple[str, ...]

    def command(self, database: Path) -> list[str]:
        """Return what goes on with the sweep in `database`, or starts it."""
        return sweep_command("--board", self.board, *self.options, "--db", database, "--resume")

    def start(self, database: Path, log: Path) -> subprocess.Popen[bytes]:
        """Start it; what it prints goes to the end of `log`."""
        with log.open("ab") as output:
            return subprocess.Popen(
                self.command(database), stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )

    def finish(self, database: Path, log: Path) -> int:
        """Go on until it ends by itself; return its exit code."""
        with self.start(database, log) as process:
            try:
                return process.wait(SWEEP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise

    def records(self, database: Path) -> list[Record]:
        """Return what the only run in a database has found."""
        with Database(database) as opened:
            (run,) = opened.runs()
            return opened.records(run.run_id)


def run_sweep(options: Sequence[str | Path], report: Path) -> tuple[int, str, list[dict[str, Any]]]:
    """Run a sweep to its end; return exit code, what it printed, and its records as JSON."""
    done = subprocess.run(
        sweep_command(*options, "--json", report),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SWEEP_TIMEOUT_S,
        check=False,
    )
    records = json.loads(report.read_text()) if report.exists() else []
    return done.returncode, done.stdout, records
