"""Starting a run, or going on with one that was cut short."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from mcubench.errors import InputError
from mcubench.measure import Bench
from mcubench.models import Model
from mcubench.store import Database, Run

__all__ = ["check_same_board", "identity", "start_or_resume"]


def identity(bench: Bench, models: Sequence[Model]) -> dict[str, str]:
    """Return what must stay the same within a run."""
    return {
        "board": bench.info.board,
        "board uid": bench.info.uid,
        "engine": f"{bench.info.engine} {bench.info.engine_version}",
        "firmware build": bench.info.build_id,
        **{f"model {model.name}": model.sha256 for model in models},
    }


def start_or_resume(database: Database, request: dict[str, Any], found: dict[str, str], resume: bool) -> Run:
    """Return the last run that was asked for in the same words if `resume`, else a new one, already stored.

    Raises InputError if the run to go on with was measured on something else than what was `found`.
    """
    earlier = [run for run in database.runs() if run.request == request]
    if resume and earlier:
        run = earlier[-1]
        check_same_board(run.identity, found, f"cannot resume run {run.run_id}")
        return run
    now = datetime.now(UTC)
    run = Run(
        run_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        started_at=now.isoformat(timespec="seconds"),
        command=shlex.join(["mcubench", *sys.argv[1:]]),
        request=request,
        identity=found,
    )
    database.add_run(run)
    return run


def check_same_board(expected: dict[str, str], found: dict[str, str], trouble: str) -> None:
    """Raise InputError naming the first thing that differs."""
    for key in expected.keys() | found.keys():
        if expected.get(key) != found.get(key):
            raise InputError(
                f"{trouble}: its {key} is {expected.get(key, 'unknown')}, now it is {found.get(key, 'unknown')};"
                " start anew without --resume"
            )
