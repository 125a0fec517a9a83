"""A board that is named twice, by its name in the rig and by its port, is refused before anything is opened."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
RIG = """
[[boards]]
name = "n-1"
board = "native"
serial = "n-1.tty"

[[boards]]
name = "n-2"
board = "native"
serial = "socket://127.0.0.1:1"

[[boards]]
name = "n-3"
board = "native"
serial = "labgrid:desk"

[[boards]]
name = "n-4"
board = "native"
serial = "absent"
"""


@pytest.fixture(autouse=True)
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))
    (tmp_path / "rig.toml").write_text(RIG)
    (tmp_path / "tty").touch()
    (tmp_path / "n-1.tty").symlink_to("tty")
    (tmp_path / "other.tty").symlink_to("tty")


@pytest.mark.parametrize(
    ("name", "port"), [("n-1", "other.tty"), ("n-1", "n-1.tty@921600"), ("n-2", "socket://127.0.0.1:1")]
)
def test_a_port_that_is_a_board_of_the_rig_is_refused(mcubench: Run, name: str, port: str) -> None:
    done = mcubench("sweep", "--board", "n-3,n-4", "--board", name, "--port", port, "--model", "mnist-int8")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"mcubench: --port {port} and --board {name} are the same board; leave one of them out\n"


def test_a_port_with_two_names_is_named_twice(mcubench: Run) -> None:
    done = mcubench("sweep", "--port", "tty", "--port", "other.tty", "--model", "mnist-int8")
    assert (done.returncode, done.stderr) == (2, "mcubench: a port was named twice: tty, other.tty\n")
