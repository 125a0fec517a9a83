"""The rig demo: its short form as a whole, and that its verdict sees what is wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rig_demo_check import BoardStory, Codes, find_wrong, read_stories
from rig_demo_plan import FULL, SHORT

ROOT = Path(__file__).parents[3]
GOOD_CODES = Codes(flash=0, sweep=3, suite=1, up=0)
DEMO_S = 280.0

Stories = list[BoardStory]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The short demo's folder, and how it ended."""
    folder = tmp_path_factory.mktemp("demo") / "rig"
    command = [sys.executable, str(ROOT / "tools" / "rig_demo.py"), "--short", "--folder", str(folder)]
    # PlatformIO removes what another one builds in the same folder.
    environment = os.environ | {"PLATFORMIO_BUILD_DIR": str(folder.parent / "build")}
    return folder, subprocess.run(command, env=environment, capture_output=True, text=True, timeout=DEMO_S)


def test_short_demo_is_as_it_should_be(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, done = demo
    assert done.returncode == 0, done.stdout + done.stderr
    hanging, dying = read_stories(SHORT, *(folder / name for name in FILES))
    assert (hanging.points, hanging.latched, hanging.outcomes["blocked"]) == (SHORT.points, None, 0)
    assert hanging.back_by is not None
    assert (0 < dying.points < SHORT.points, dying.latched is None) == (True, False)
    assert dying.outcomes == {"blocked": hanging.outcomes["passed"]}


def test_short_demo_leaves_no_process_and_no_port(demo: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = demo
    assert list((folder / "shelf").iterdir()) == []
    running = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert [line for line in running if str(folder).encode() in line] == []


FILES = ("flash.json", "sweep.json", "list.json", "junit.xml")


def good() -> Stories:
    tests = {"passed": 90, "skipped": 2}
    stories = [BoardStory(board, "flashed", 6, 0, 0, None, None, tests) for board in FULL.boards]
    hanging = next(place for place, board in enumerate(FULL.boards) if board.hangs)
    stories[hanging] = replace(stories[hanging], back_by="watchdog")
    dying = next(place for place, board in enumerate(FULL.boards) if board.dies)
    stories[dying] = replace(
        stories[dying], points=3, blocked=3, latched="gone", outcomes={"blocked": 90, "skipped": 2}
    )
    return stories


def of_the_first(**changes: Any) -> Callable[[Stories], Stories]:
    return lambda stories: [replace(stories[0], **changes), *stories[1:]]


def of_the_dead(**changes: Any) -> Callable[[Stories], Stories]:
    return lambda stories: [replace(each, **changes) if each.board.dies else each for each in stories]


def without_rescue(stories: Stories) -> Stories:
    return [replace(story, back_by=None) for story in stories]


def test_what_is_as_it_should_be_has_nothing_wrong() -> None:
    assert find_wrong(FULL, good(), GOOD_CODES) == []


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (of_the_first(flashed="skipped"), "disco-1: was not flashed: skipped"),
        (of_the_first(points=5, failed=1), "disco-1: 1 points failed"),
        (of_the_first(points=5), "disco-1: 5 of 6 points told"),
        (of_the_first(latched="silent"), "disco-1: was latched: silent"),
        (of_the_first(outcomes={"passed": 91, "failed": 1}), "disco-1: 1 tests: failed"),
        (of_the_first(outcomes={"passed": 91, "error": 1}), "disco-1: 1 tests: error"),
        (of_the_first(outcomes={"passed": 91, "blocked": 1}), "disco-1: 1 tests blocked"),
        (of_the_first(outcomes={"passed": 91}), "expected as many tests for each board, saw [91, 92]"),
        (without_rescue, "disco-3: hung, and nothing brought it back"),
        (of_the_dead(points=6, blocked=0), "dk-2: 6 of 6 points, expected about half"),
        (of_the_dead(latched=None), "dk-2: died, and was not latched"),
        (of_the_dead(outcomes={"failed": 92}), "dk-2: its tests were {'failed': 92}, not blocked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_thing_that_can_be_wrong_is_seen(change: Callable[[Stories], Stories], seen: str) -> None:
    assert seen in find_wrong(FULL, change(good()), GOOD_CODES)


@pytest.mark.parametrize("what", ["flash", "sweep", "suite", "up"])
def test_each_exit_code_is_looked_at(what: str) -> None:
    (line,) = find_wrong(FULL, good(), replace(GOOD_CODES, **{what: 2}))
    assert "exit code 2" in line


def test_points_are_counted_as_the_sweep_tells_them(tmp_path: Path) -> None:
    told = {"board_name": "disco-1", "recoveries": [], "interruptions": ["the board was reset (cause: pin) while ..."]}
    records = [told | {"status": status} for status in ("ok", "failed", "blocked", "ok")]
    texts = {"flash.json": "[]", "sweep.json": json.dumps(records), "list.json": '{"boards": []}', "junit.xml": "<a/>"}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    first, second, *_ = read_stories(FULL, *(tmp_path / name for name in FILES))
    assert (first.points, first.failed, first.blocked, first.back_by, first.flashed) == (2, 1, 1, "pin", "not told")
    assert (second.points, second.back_by) == (0, None)
