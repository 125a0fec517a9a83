"""Boards that are reset once while they are measured: a crash, a hang that the watchdog ends, the reset pin.

The point that was hit is measured again, its record says why, and the results are those of a quiet sweep.
"""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from campaign.outcome import Outcome
from campaign.sweeps import DONE, SweepPlan
from mcubench.errors import RigError
from mcubench.store import Record, same_results

__all__ = ["run_reset"]


def run_reset(plan: SweepPlan, fault: str, folder: Path, told: tuple[str, ...]) -> Outcome:
    """Sweep a virtual board that has `fault`, and compare with a sweep of one that has none.

    `told` are words that the record's interruption must have.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log.txt"
    start_s = time.monotonic()
    expected = _records(plan, folder / "quiet.db", log)
    found = _records(replace(plan, board=f"{plan.board}?fault={fault}"), folder / "hit.db", log)
    # Which board it was, the faulty or the quiet one, is no result.
    found = [replace(record, address=expected[0].address) for record in found]
    problems = same_results(expected, found)
    interruptions = [line for record in found for line in record.interruptions or ()]
    if len(interruptions) != 1 or not all(word in interruptions[0] for word in told):
        problems.append(
            f"expected one interruption with the words {', '.join(told)}: {interruptions or 'there is none'}"
        )
    facts = {"attempts": [record.attempts for record in found], "interruptions": interruptions}
    return Outcome("reset", plan.board, fault, len(found), round(time.monotonic() - start_s, 1), problems[:5], facts)


def _records(plan: SweepPlan, database: Path, log: Path) -> list[Record]:
    if (code := plan.finish(database, log)) != DONE:
        raise RigError(f"a sweep of {plan.board} ended with exit code {code}, see {log}")
    return plan.records(database)
