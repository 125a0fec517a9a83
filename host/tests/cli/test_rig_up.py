"""`mcubench rig up`: processes that start, are told of and end together."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mcubench.errors import RigError
from mcubench.probe import Probe

DEADLINE_S = 60.0
RIG = """
[[boards]]
name = "disco-1"
board = "stm32f746"
id = "7669727475616c0000000001"
runner = "virtual"
probe_id = "run/disco-1.probe"
serial = "run/disco-1.tty"

[[boards]]
name = "dk-1"
board = "nrf52840"
id = "7669727475616c01"
runner = "virtual"
probe_id = "run/dk-1.probe"
serial = "run/dk-1.tty"

[[boards]]
name = "desk"
board = "nrf52840"
probe_id = "683123456"
"""
Run = Callable[..., subprocess.CompletedProcess[str]]


class Up:
    """`mcubench rig up` as a user starts it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        command = [sys.executable, "-m", "mcubench", "rig", "up", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        self.lines = list(self._lines_until("up: "))

    def _lines_until(self, last: str) -> Iterator[str]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            yield line.strip()
            if line.startswith(last):
                return

    def complaint(self) -> str:
        """Return the next line of stderr."""
        assert self.process.stderr is not None
        assert select.select([self.process.stderr], [], [], DEADLINE_S)[0]
        return self.process.stderr.readline().strip()

    def end(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(DEADLINE_S)

    def close(self) -> None:
        self.process.terminate()
        self.process.communicate(timeout=DEADLINE_S)


@pytest.fixture
def rig(tmp_path: Path) -> Path:
    """A folder with a rig file: two virtual boards and a real one."""
    (tmp_path / "rig.toml").write_text(RIG)
    return tmp_path


@pytest.fixture
def up(rig: Path) -> Iterator[Callable[..., Up]]:
    started: list[Up] = []

    def start(*arguments: str) -> Up:
        started.append(Up(rig, *arguments))
        return started[-1]

    yield start
    for each in started:
        each.close()


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    deadline_s = time.monotonic() + DEADLINE_S
    while any(is_running(pid) for pid in pids) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    return not any(is_running(pid) for pid in pids)


def test_boards_come_up_as_the_file_says_and_one_that_dies_is_told(rig: Path, up: Callable[..., Up]) -> None:
    running = up()
    assert running.lines[-1] == "up: 2 boards"
    disco, dk = (Probe(rig / "run" / f"{name}.probe").status() for name in ("disco-1", "dk-1"))
    assert (disco.chip, disco.uid, disco.build_id) == ("stm32f746", "7669727475616c0000000001", None)
    assert (dk.chip, dk.uid, dk.build_id) == ("nrf52840", "7669727475616c01", None)
    assert str((rig / "run" / "disco-1.tty").readlink()) == disco.port
    assert f"disco-1: stm32f746 at {disco.port}, pid {disco.pid}" in running.lines
    os.kill(disco.pid, signal.SIGKILL)
    assert running.complaint() == "mcubench: disco-1: ended by itself with exit code -9"
    assert [path.name for path in (rig / "run").iterdir() if path.name.startswith("disco")] == []
    assert Probe(rig / "run" / "dk-1.probe").status() == dk
    assert running.end(signal.SIGINT) == 0
    assert gone([dk.pid])
    assert list((rig / "run").iterdir()) == []


def test_boards_end_with_it_when_it_is_killed(rig: Path, up: Callable[..., Up]) -> None:
    running = up("dk")
    pid = Probe(rig / "run" / "dk-1.probe").status().pid
    assert running.lines[-1] == "up: 1 board"
    running.end(signal.SIGKILL)
    assert gone([pid])
    with pytest.raises(RigError):
        Probe(rig / "run" / "dk-1.probe").status()


def test_a_board_that_does_not_start_ends_all_and_leaves_a_running_rig_alone(
    rig: Path, up: Callable[..., Up], mcubench: Run
) -> None:
    up("dk")
    before = Probe(rig / "run" / "dk-1.probe").status()
    done = mcubench("rig", "up")
    assert done.returncode == 3
    assert "dk-1: does not start; it said: --probe" in done.stderr
    assert "a virtual board that runs serves it" in done.stderr
    assert done.stderr.count("\n") == 1
    assert Probe(rig / "run" / "dk-1.probe").status() == before
    assert (rig / "run" / "dk-1.tty").is_symlink()
    assert not (rig / "run" / "disco-1.probe").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fault", "disco-1=magic"], "unknown fault 'magic'"),
        (["--fault", "disk-1=hang"], "--fault disk-1=hang: expected NAME=SPEC with one of disco-1, dk-1"),
        (["--firmware", "esp32=x.elf"], "--firmware esp32=x.elf: expected BOARD=ELF with one of nrf52840, stm32f746"),
        (["desk"], "no virtual board among those asked for"),
    ],
)
@pytest.mark.usefixtures("rig")
def test_bad_input_is_one_line(mcubench: Run, arguments: list[str], message: str) -> None:
    done = mcubench("rig", "up", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
