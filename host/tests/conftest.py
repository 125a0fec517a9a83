"""The PC as a board, built once per session, and a line between it and the host that can be bad."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from mcubench.boards import ChildBoard
from mcubench.link import FaultyCable, Link, parse_line_fault
from mcubench.protocol import Board

sys.path.insert(0, str(Path(__file__).parent))  # for faulty_line; importlib mode adds no folder

from faulty_line import FaultyLine, Hook

ROOT = Path(__file__).resolve().parents[2]
OpenLine = Callable[..., Board]


def run_tool(*command: str | Path) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def models_folder() -> Path:
    return ROOT / "models"


@pytest.fixture(scope="session")
def echo_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PC as a board with the engine of the core's tests (models echo, big, broken, wide, deep)."""
    out = tmp_path_factory.mktemp("native-test")
    run_tool("make", "-s", "-C", ROOT / "firmware" / "native", "ENGINE=test", f"OUT={out}")
    return out / "board"


@pytest.fixture(scope="session")
def mnist_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PC as a board with both digit networks and pretend clock settings."""
    out = tmp_path_factory.mktemp("native-mnist")
    models = [ROOT / "models" / name for name in ("mnist-int8", "mnist-float32")]
    run_tool(sys.executable, "-m", "mcubench", "codegen", "--out", out / "c", *models)
    options = ("ENGINE=generated", f"GENERATED_DIR={out / 'c'}", f"OUT={out}", "TEST_CLOCKS=1")
    run_tool("make", "-s", "-C", ROOT / "firmware" / "native", *options)
    return out / "board"


@pytest.fixture
def echo_port(echo_program: Path) -> Iterator[str]:
    """The pty of a fresh board with the test engine."""
    with ChildBoard("native", [str(echo_program)]) as child:
        yield child.port


@pytest.fixture
def echo_board(echo_port: str) -> Iterator[Board]:
    """A connected board with the test engine."""
    with Link(echo_port) as link:
        board = Board(link)
        board.connect()
        yield board


@pytest.fixture
def open_line(echo_port: str) -> Iterator[OpenLine]:
    """A function that puts hooks on the line to the test engine's board and returns it, not yet connected."""
    with ExitStack() as stack:

        def open_board(to_host: Hook = bytes, to_board: Hook = bytes) -> Board:
            line = stack.enter_context(FaultyLine(echo_port, to_host, to_board))
            return Board(stack.enter_context(Link(line.port)))

        yield open_board


@pytest.fixture
def open_noisy(echo_port: str) -> Iterator[OpenLine]:
    """A function that returns the test engine's board over a cable with such faults, not yet connected."""
    with ExitStack() as stack:

        def open_board(*specs: str) -> Board:
            cable = FaultyCable([parse_line_fault(spec) for spec in specs])
            return Board(stack.enter_context(cable.open(echo_port, lambda: Link(echo_port))))

        yield open_board
