"""`pio run -t upload` into a virtual board that runs."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pio import PROJECT, build_image, run_pio

from mcubench.boards import BoardAddress, ChildBoard, open_board
from mcubench.image_mark import read_mark
from mcubench.probe import Probe
from mcubench.protocol import Board

ENVIRONMENT = "stm32f746-local"
UPLOAD = ("run", "--environment", ENVIRONMENT, "--target", "upload")


@dataclass(frozen=True)
class Running:
    """A virtual board and the protocol's client at its port."""

    probe: Path
    board: Board


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Running]:
    """Start a virtual STM32F746; its port is open all the time."""
    socket = folder / "probe"
    command = [sys.executable, "-m", "mcubench", "virtual", "stm32f746", "--probe", str(socket), *options]
    with (
        ChildBoard("virtual", command) as child,
        open_board(BoardAddress("virtual", port=child.port)) as opened,
    ):
        yield Running(socket, Board(opened.link))


@pytest.fixture(scope="module")
def elf() -> Path:
    """The image with both models."""
    return build_image(ENVIRONMENT).path


@pytest.fixture(scope="module")
def harness() -> Path:
    """Another image for the same board, without models."""
    return build_image("stm32f746-harness-local").path


def cycles(board: Board) -> list[int]:
    """Return what the first inferences take, with caches as they are after a change of the clock."""
    board.set_clock("216")
    board.select("mnist-int8")
    return list(board.run(3).cycles)


def test_upload_replaces_the_image_of_a_running_board_whose_port_is_open(
    elf: Path, harness: Path, tmp_path: Path
) -> None:
    wanted, other = read_mark(elf), read_mark(harness)
    assert wanted is not None
    assert other is not None
    with running(tmp_path, "--firmware", str(harness)) as one:
        assert one.board.connect().build_id == other.build_id
        printed = run_pio(*UPLOAD, "--upload-port", str(one.probe))
        assert f"{elf.relative_to(PROJECT)}, build {wanted.build_id}" in printed
        info = one.board.connect()
        assert info.build_id == wanted.build_id == Probe(one.probe).status().build_id
        assert info.boot_cause == "pin"
        loaded = cycles(one.board)
    with running(tmp_path, "--firmware", str(elf)) as one:
        one.board.connect()
        assert cycles(one.board) == loaded


def test_upload_of_what_is_built_builds_nothing(elf: Path, tmp_path: Path) -> None:
    built_ns = elf.stat().st_mtime_ns
    with running(tmp_path) as one:
        printed = run_pio(*UPLOAD, "--target", "nobuild", "--upload-port", str(one.probe))
        assert "Linking" not in printed
        assert "Compiling" not in printed
        assert one.board.connect().board == "stm32f746"
    assert elf.stat().st_mtime_ns == built_ns


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "upload: expected --upload-port SOCKET, the debug probe of a running virtual board"),
        (["--upload-port", "nobody"], "upload: nobody: no virtual board serves this probe"),
    ],
)
def test_upload_to_nowhere_is_one_line(elf: Path, arguments: list[str], reason: str) -> None:
    assert elf.exists()
    printed = run_pio(*UPLOAD, "--target", "nobuild", *arguments, status=1)
    assert sum(line.startswith(reason) for line in printed.splitlines()) == 1
    assert "Traceback" not in printed


def test_image_for_another_board_is_refused(tmp_path: Path) -> None:
    other = build_image("nrf52840-local").path.relative_to(PROJECT)
    with running(tmp_path) as one:
        command = ["run", "--environment", "nrf52840-local", "--target", "upload", "--target", "nobuild"]
        printed = run_pio(*command, "--upload-port", str(one.probe), status=1)
        assert f"upload: {other}: this image is for the board nrf52840; expected one for stm32f746" in printed
        assert Probe(one.probe).status().build_id is None
