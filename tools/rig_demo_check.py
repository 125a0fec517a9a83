"""What became of the boards of the rig demo, out of the files that its commands left, and whether it is as wanted."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rig_demo_plan import DemoBoard, Plan

__all__ = ["BoardStory", "Codes", "find_wrong", "read_stories", "summary"]

OUTCOMES = ("passed", "failed", "error", "blocked", "skipped")
SWEEP_LOST, SUITE_BLOCKED = 3, 1
# How a record tells what reset its board.
CAUSE = re.compile(r"cause: ([\w-]+)")


@dataclass(frozen=True)
class Codes:
    """With which exit codes the commands ended."""

    flash: int
    sweep: int
    suite: int
    up: int


@dataclass(frozen=True)
class BoardStory:
    """What happened to a board. `back_by` is what brought it back when it did not answer, None if nothing had to."""

    board: DemoBoard
    flashed: str
    points: int
    failed: int
    blocked: int
    back_by: str | None
    latched: str | None
    outcomes: Mapping[str, int] = field(default_factory=dict)


def read_stories(plan: Plan, flash: Path, sweep: Path, listed: Path, suite: Path) -> list[BoardStory]:
    """Return the story of each board, from what `flash --json`, `sweep --json`, `rig list --json` and pytest wrote."""
    flashed = {row["name"]: row["action"] for row in json.loads(flash.read_text())}
    latched = {row["name"]: row["latched"] for row in json.loads(listed.read_text())["boards"]}
    records = json.loads(sweep.read_text())
    outcomes = _outcomes(suite, [board.name for board in plan.boards])
    return [
        BoardStory(
            board,
            flashed.get(board.name, "not told"),
            outcomes=outcomes.get(board.name, {}),
            latched=latched.get(board.name),
            **_swept([record for record in records if record["board_name"] == board.name]),
        )
        for board in plan.boards
    ]


def _swept(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    counts = Counter(record["status"] for record in records)
    steps = [step["step"] for record in records for step in record["recoveries"] or () if step["ok"]]
    causes = [cause for record in records for line in record["interruptions"] or () for cause in CAUSE.findall(line)]
    return {
        "points": counts["ok"],
        "failed": counts["failed"],
        "blocked": counts["blocked"],
        "back_by": ", ".join(dict.fromkeys([*causes, *steps])) or None,
    }


def _outcomes(junit: Path, names: Sequence[str]) -> dict[str, Counter[str]]:
    """Return how often each outcome came, by the boards' names, with which the tests' names end."""
    found: dict[str, Counter[str]] = {}
    for case in ElementTree.parse(junit).iter("testcase"):
        told = {each.get("name"): each.get("value") for each in case.iter("property")}
        for name in names:
            if re.search(rf"[\[-]{name}\]$", str(case.get("name"))):
                found.setdefault(name, Counter())[str(told.get("outcome"))] += 1
    return found


def find_wrong(plan: Plan, stories: Sequence[BoardStory], codes: Codes) -> list[str]:
    """Return what is not as it should be, one line each."""
    seen = {"mcubench flash": codes.flash, "mcubench sweep": codes.sweep, "pytest": codes.suite, "rig up": codes.up}
    wanted = {"mcubench flash": 0, "mcubench sweep": SWEEP_LOST, "pytest": SUITE_BLOCKED, "rig up": 0}
    wrong = [
        f"{what} ended with exit code {code}, expected {wanted[what]}"
        for what, code in seen.items()
        if code != wanted[what]
    ]
    for story in stories:
        wrong += [f"{story.board.name}: {line}" for line in _wrong_of(plan, story)]
    tests = {sum(story.outcomes.values()) for story in stories}
    if len(tests) != 1 or tests == {0}:
        wrong.append(f"expected as many tests for each board, saw {sorted(tests)}")
    return wrong


def _wrong_of(plan: Plan, story: BoardStory) -> list[str]:
    board, tests = story.board, story.outcomes
    rules = [
        (story.flashed == "flashed", f"was not flashed: {story.flashed}"),
        (story.failed == 0, f"{story.failed} points failed"),
        (story.points + story.blocked == plan.points, f"{story.points + story.blocked} of {plan.points} points told"),
        ((story.back_by is not None) >= board.hangs, "hung, and nothing brought it back"),
    ]
    if board.dies:
        rules += [
            (0 < story.points < plan.points, f"{story.points} of {plan.points} points, expected about half"),
            (story.latched is not None, "died, and was not latched"),
            (tests.get("blocked", 0) > 0 and tests.get("passed", 0) == 0, f"its tests were {dict(tests)}, not blocked"),
        ]
    else:
        rules += [
            (story.points == plan.points, f"{story.points} of {plan.points} points measured"),
            (story.latched is None, f"was latched: {story.latched}"),
            (tests.get("passed", 0) > 0, "no test passed"),
        ]
    rules += [(tests.get(bad, 0) == 0, f"{tests.get(bad)} tests: {bad}") for bad in ("failed", "error")]
    rules += [(board.dies or tests.get("blocked", 0) == 0, f"{tests.get('blocked')} tests blocked")]
    return [line for good, line in rules if not good]


def summary(plan: Plan, stories: Sequence[BoardStory]) -> list[str]:
    """Return the table of all boards as lines."""
    lines = [f"{'board':<8} {'kind':<10} {'flashed':<8} {'sweep':<26} {'passed':>6} {'failed':>6} {'error':>6}"]
    lines[0] += f" {'blocked':>7} {'skipped':>7}  what happened"
    for story in stories:
        swept = f"{story.points} of {plan.points} points" + (f", {story.blocked} blocked" if story.blocked else "")
        counts = [story.outcomes.get(outcome, 0) for outcome in OUTCOMES]
        told = f"{counts[0]:>6} {counts[1]:>6} {counts[2]:>6} {counts[3]:>7} {counts[4]:>7}"
        lines.append(
            f"{story.board.name:<8} {story.board.board:<10} {'yes' if story.flashed == 'flashed' else story.flashed:<8}"
            f" {swept:<26} {told}  {_happened(story)}"
        )
    return lines


def _happened(story: BoardStory) -> str:
    if story.latched:
        return "died; latched broken" if story.board.dies else "latched broken"
    if story.back_by:
        return f"{'hung' if story.board.hangs else 'was silent'}; brought back by {story.back_by}"
    return "-"
