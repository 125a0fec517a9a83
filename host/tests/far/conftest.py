"""Boards behind real servers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import ChildBoard

sys.path.insert(0, str(Path(__file__).parent))  # for server_processes; importlib mode adds no folder

from server_processes import ROOT, Ser2net, ser2net_program

NATIVE = ROOT / "build" / "native" / "generated" / "board"
STM32F746 = ROOT / ".pio" / "build" / "stm32f746-local" / "firmware.elf"
Start = Callable[..., "subprocess.Popen[str]"]
Wait = Callable[["subprocess.Popen[str]"], dict[str, Any]]


def needed(path: Path) -> Path:
    if not path.is_file():
        pytest.skip(f"no {path.relative_to(ROOT)}: run 'make firmware'")
    return path


@pytest.fixture
def native_board() -> Iterator[ChildBoard]:
    """This PC as a board behind a pty."""
    with ChildBoard("native", [str(needed(NATIVE))]) as child:
        yield child


@pytest.fixture
def virtual_board() -> Iterator[ChildBoard]:
    """A virtual STM32F746 behind a pty."""
    command = [sys.executable, "-m", "mcubench", "virtual", "stm32f746", "--firmware", str(needed(STM32F746))]
    with ChildBoard("virtual:stm32f746", command) as child:
        yield child


@pytest.fixture
def need_ser2net() -> None:
    if ser2net_program() is None:
        pytest.skip("no ser2net: apt install ser2net")


@pytest.fixture
def native_ser2net(need_ser2net: None, native_board: ChildBoard, tmp_path: Path) -> Iterator[Ser2net]:  # noqa: ARG001
    """ser2net before this PC as a board; it ends before the board, whose terminal's name may go to another one."""
    with Ser2net(native_board.port, tmp_path) as server:
        yield server


@pytest.fixture
def start_sweep(tmp_path: Path) -> Start:
    """A function that starts `mcubench sweep` with these arguments; records go to sweep.json."""

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "mcubench", "sweep", "--models", str(ROOT / "models"), "--model", "mnist-int8"]
        return subprocess.Popen(
            [*command, "--json", str(tmp_path / "sweep.json"), "--db", str(tmp_path / "sweep.db"), *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def record_of(tmp_path: Path) -> Wait:
    """A function that waits for the end of a sweep of one point and returns its record."""

    def wait(process: subprocess.Popen[str]) -> dict[str, Any]:
        printed, said = process.communicate(timeout=120)
        assert process.returncode == 0, printed + said
        (record,) = json.loads((tmp_path / "sweep.json").read_text())
        return dict(record)

    return wait
