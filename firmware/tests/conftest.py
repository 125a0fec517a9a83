"""Builds of the core for the PC, each made once per test session."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for the two helpers; importlib mode adds no folder

import wire_reference as wire
from core_boards import FIRMWARE, WARNINGS, FakeBoard, PtyBoard, core_sources, run_tool


@pytest.fixture(scope="session")
def native_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The PC as a board with the test engine, AddressSanitizer and UBSan."""
    out = tmp_path_factory.mktemp("native")
    run_tool("make", "-s", "-C", FIRMWARE / "native", "ENGINE=test", f"OUT={out}", "SANITIZE=1")
    return out / "board"


@pytest.fixture
def pty_board(native_program: Path) -> Iterator[PtyBoard]:
    with PtyBoard(native_program) as board:
        assert board.next() is not None  # the boot line
        board.send(wire.frame(wire.POLL, seq=255))  # so that a frame with seq 0 follows
        assert board.next_frame().kind == wire.ACK
        yield board
        assert board.running, "the board died, see its standard error"


@pytest.fixture(scope="session")
def fake_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The core, the test engine and the fake port as a library with UBSan."""
    tests = FIRMWARE / "tests"
    library = tmp_path_factory.mktemp("fake") / "libcore.so"
    run_tool(
        "gcc", "-std=c11", "-g", "-O1", *WARNINGS, "-fsanitize=undefined", "-fno-sanitize-recover=all",
        # Debian's Python exports zlib's crc32, which would take the place of the core's function of that name.
        "-shared", "-fPIC", "-Wl,-Bsymbolic", "-DBUSY_STEPS=1", f"-I{FIRMWARE / 'common'}", f"-I{tests / 'fake_port'}",
        *core_sources(), tests / "fake_port" / "fake_port.c", tests / "engine_test" / "engine_test.c", "-o", library,
    )  # fmt: skip
    return library


@pytest.fixture(scope="session")
def loaded_board(fake_library: Path) -> FakeBoard:
    return FakeBoard(fake_library)


@pytest.fixture
def fake_board(fake_library: Path, tmp_path: Path) -> FakeBoard:
    """The board in memory, just started, with the model `echo` selected."""
    board = FakeBoard(Path(shutil.copy(fake_library, tmp_path)))  # a copy has memory of its own
    board.handle(b"\x00\x00\nclock 216\n")
    assert board.ask_final("model echo").kind == "ok"
    board.exchange(wire.frame(wire.POLL, seq=255))  # so that a frame with seq 0 follows
    return board


@pytest.fixture
def sender() -> wire.Sender:
    """Frames that follow each other, for a board that was just started."""
    return wire.Sender()
