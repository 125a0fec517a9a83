"""Sessions with several processes that are ended from outside: workers give their boards back and are gone."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.rig import holders

pytest_plugins = ["pytester"]

# pytest-xdist's own way is SIGINT after five seconds, and a hard end after ten more: neither makes the last file.
CODE = """
import os, pathlib, signal, time
def test_first(dut): pass
def test_second(dut):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pathlib.Path(f"{dut.name}.pid").write_text(str(os.getpid()))
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pathlib.Path(f"{dut.name}.interrupted").touch()
        raise
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_end_of_the_controller_ends_the_workers_and_frees_their_boards(suite, shelf, number):
    shelf.add("pc-1")
    shelf.add("pc-2")
    suite.makepyfile(test_it=CODE)
    arguments = ["--dut", "all", "-n", "2", "--no-flash", "--junitxml=out.xml"]
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments], stdout=subprocess.DEVNULL) as controller:
        try:
            files = [suite.path / f"{name}.pid" for name in shelf.boards]
            assert await_(lambda: all(path.exists() and path.read_text() for path in files), 60)
            workers = [int(path.read_text()) for path in files]
            assert len(holders()) == 2
            controller.send_signal(number)
            assert await_(lambda: not any(map(lives, workers)), 30)
            assert holders() == []
            assert {path.stem for path in suite.path.glob("*.interrupted")} == set(shelf.boards)
            status = controller.wait(30)
        finally:
            controller.kill()
    if number == signal.SIGTERM:
        assert status == pytest.ExitCode.INTERRUPTED
        assert shelf.outcomes() == {f"test_first[{name}]": "passed" for name in shelf.boards}


def await_(condition: Callable[[], bool], timeout_s: float) -> bool:
    end_s = time.monotonic() + timeout_s
    while not condition() and time.monotonic() < end_s:
        time.sleep(0.05)
    return condition()


def lives(process_id: int) -> bool:
    """Whether a process runs; one that nobody has waited for yet does not."""
    with contextlib.suppress(OSError):
        os.kill(process_id, 0)
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
