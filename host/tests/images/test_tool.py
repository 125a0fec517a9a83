from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from mcubench.deadline import Deadline
from mcubench.errors import InputError
from mcubench.images import run_tool

# Runs a tool that writes its number down and would take an hour, with a deadline of a second.
RUNNER = """
import sys
from pathlib import Path
from mcubench.deadline import Deadline
from mcubench.images import run_tool
folder = Path(sys.argv[1])
tool = "sleep 3600 & echo $! > sleep; echo $$ > tool; wait"
run_tool(["sh", "-c", tool], folder, {}, folder / "log", Deadline.after(1.0))
"""


def numbers(folder: Path) -> list[int]:
    """Return the processes that have written their numbers down."""
    texts = [(folder / name).read_text() for name in ("tool", "sleep") if (folder / name).exists()]
    return [int(text) for text in texts if text.endswith("\n")]


def runs(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_the_deadline_of_a_tool_holds_if_who_started_it_was_killed(tmp_path: Path) -> None:
    waiting = Deadline.after(60.0)
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(tmp_path)]) as runner:
        while len(numbers(tmp_path)) < 2 and not waiting.expired:
            time.sleep(0.01)
        runner.kill()
    started = numbers(tmp_path)
    assert len(started) == 2
    try:
        while any(map(runs, started)) and not waiting.expired:
            time.sleep(0.05)
        assert not any(map(runs, started))
    finally:
        for process in started:
            with suppress(ProcessLookupError):
                os.kill(process, 9)


def test_a_tool_that_is_not_there_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'nosuchtool' does not run"):
        run_tool(["nosuchtool"], tmp_path, {}, tmp_path / "log", Deadline.after(1.0))


def test_a_tool_keeps_its_exit_code_and_its_output(tmp_path: Path) -> None:
    assert (
        run_tool(["sh", "-c", "echo $WORD; exit 7"], tmp_path, {"WORD": "ü"}, tmp_path / "log", Deadline.after(60)) == 7
    )
    assert (tmp_path / "log").read_text() == "ü\n"
