"""`mcubench probe`: what is told where there is no board. With boards: host/tests/virtual/test_probe.py."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (["status", "absent"], 3, "absent: no virtual board serves this probe; start it with 'mcubench rig up'"),
        (["reset", __file__], 3, "no virtual board serves this probe"),
        (["load", "absent", "absent.elf"], 2, "absent.elf: cannot be read: No such file or directory"),
        (["load", "absent", __file__], 3, "absent: no virtual board serves this probe"),
        (["power-cycle", "x" * 108], 2, "a path of 108 bytes, but that of a socket has 107 at most"),
        (["load", "absent"], 2, "Missing argument 'ELF'"),
    ],
)
def test_trouble_is_one_line(mcubench: Run, arguments: list[str], exit_code: int, message: str) -> None:
    done = mcubench("probe", *arguments)
    assert done.returncode == exit_code
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_status_of_an_erased_board(mcubench: Run, tmp_path: Path) -> None:
    socket = tmp_path / "probe"
    command = [sys.executable, "-m", "mcubench", "virtual", "nrf52840", "--probe", str(socket)]
    with ChildBoard("virtual", command) as board:
        done = mcubench("probe", "status", socket, "--json")
        assert json.loads(done.stdout) == {
            "chip": "nrf52840",
            "uid": b"virtual-".hex(),
            "pid": board.pid,
            "port": board.port,
            "build_id": None,
            "timing_model": "m4-1",
        }
        assert "chip=nrf52840" in mcubench("probe", "status", socket).stdout
        assert mcubench("probe", "power-cycle", socket).returncode == 0
