"""Starting a run, or going on with one that was cut short."""

from __future__ import annotations

import secrets
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mcubench.errors import InputError
from mcubench.measure import Bench
from mcubench.models import Model
from mcubench.store import Database, Run

__all__ = ["check_same_board", "identity", "start_or_resume"]


def identity(bench: Bench, models: Sequence[Model], board: str | None = None, with_uid: bool = True) -> dict[str, str]:
    """Return what must stay the same within a run, of one of its boards if it has several.

    `with_uid` is False for boards that share their points: any of them may measure what is missing.
    """
    of_board = f" of {board}" if board else ""
    found = {
        "board": bench.info.board,
        "board uid": bench.info.uid,
        "engine": f"{bench.info.engine} {bench.info.engine_version}",
        "firmware build": bench.info.build_id,
        **{f"model {model.name}": model.sha256 for model in models},
    }
    if not with_uid:
        del found["board uid"]
    return {f"{key}{of_board}": value for key, value in found.items()}


def start_or_resume(database: Database, request: dict[str, Any], found: Sequence[dict[str, str]], resume: bool) -> Run:
    """Return the last run that was asked for in the same words if `resume`, else a new one, already stored.

    `found` has the identities of the boards that are there; one that the run has not seen yet joins it.
    Raises InputError if the run to go on with was measured on something else.
    """
    earlier = [run for run in database.runs() if run.request == request]
    now_found = {key: value for each in found for key, value in each.items()}
    if resume and earlier:
        run = earlier[-1]
        for each in found:
            if not run.identity.keys().isdisjoint(each):
                check_same_board(run.identity, each, f"cannot resume run {run.run_id}")
        run = replace(run, identity=run.identity | now_found, lost=[])
        database.update_run(run)
        return run
    now = datetime.now(UTC)
    run = Run(
        run_id=f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}",
        started_at=now.isoformat(timespec="seconds"),
        command=shlex.join(["mcubench", *sys.argv[1:]]),
        request=request,
        identity=now_found,
    )
    database.add_run(run)
    return run


def check_same_board(expected: dict[str, str], found: dict[str, str], trouble: str) -> None:
    """Raise InputError naming the first thing found that differs."""
    for key, value in found.items():
        if expected.get(key) != value:
            before = expected.get(key, "unknown")
            raise InputError(f"{trouble}: its {key} is {before}, now it is {value}; start anew without --resume")
