"""What is special about the nRF52840: one speed from two sources, and a ring that DMA fills while PPI counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pio import build_image
from virtual_board import running

from mcubench.deadline import Deadline
from mcubench.errors import BoardError
from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board
from mcubench.protocol.splitter import TextLine
from mcubench.virtual.board import VirtualBoard
from mcubench.virtual.chips import CHIPS
from mcubench.virtual.faults import parse_fault
from mcubench.virtual.loader import load_image

JOURNEY = ["64-hfint", "64", "64-nocache", "64-hfint", "64-nocache", "64"]
RING_BYTES = 16384
LINE_BYTES = 52
LINES_AT_ONCE = RING_BYTES // LINE_BYTES - 1
ANSWER_TIMEOUT_S = 10.0


@pytest.fixture(scope="module")
def harness() -> ImageLayout:
    return build_image("nrf52840-harness-local")


@pytest.fixture(scope="module")
def board(harness: ImageLayout) -> Iterator[Board]:
    with running("nrf52840", harness) as started:
        yield started


def test_every_step_between_settings(board: Board) -> None:
    table = {setting.name: setting for setting in board.clocks().settings}
    assert set(table) == set(JOURNEY)
    for name in JOURNEY:
        state = board.set_clock(name)
        assert (state.name, state.hz) == (name, 64_000_000)
        assert table[name].details.items() <= state.settings.items()


def test_board_without_its_crystal_stays_on_the_internal_oscillator(harness: ImageLayout) -> None:
    with running("nrf52840", harness, "--fault", "crystal:hfxo_hz=0") as board:
        for name in ("64", "64-nocache"):
            with pytest.raises(BoardError, match="clock-failed"):
                board.set_clock(name)
        assert board.set_clock("64-hfint").settings["source"] == "hfint"
        assert board.tick().hz == 64_000_000


def test_nothing_is_lost_where_the_ring_begins_anew(board: Board) -> None:
    """Three times around, in lines that lie elsewhere at the end of the ring each time, as many at once as it takes."""
    words = [f"line-{number:05}-{'x' * 40}" for number in range(3 * RING_BYTES // LINE_BYTES)]
    for first in range(0, len(words), LINES_AT_ONCE):
        some = words[first : first + LINES_AT_ONCE]
        board.channel.send_bytes(b"".join(f"{word}\n".encode() for word in some))
        for word in some:
            answer = board.channel.receive(Deadline.after(ANSWER_TIMEOUT_S))
            assert isinstance(answer, TextLine)
            assert answer.text == f"error unknown-command word={word}"


class Wire:
    """The far end of the line, in this process: what is to be sent to the board, and what came from it."""

    name = "wire"
    baud = None

    def __init__(self) -> None:
        self.to_board = self.from_board = b""

    def read(self) -> bytes:
        data, self.to_board = self.to_board, b""
        return data

    def write(self, data: bytes) -> None:
        self.from_board += data

    def wait(self, timeout_s: float) -> None:
        """More comes only when the board does not run."""

    def close(self) -> None:
        """Nothing is open."""


def test_line_goes_on_after_bytes_that_were_received_with_errors(harness: ImageLayout) -> None:
    """They come while the board starts from an internal oscillator that is far off, and the crystal takes its time."""
    wire = Wire()
    faults = [parse_fault("crystal:hfint_hz=68e6")]
    board = VirtualBoard(CHIPS["nrf52840"], load_image(harness.path), wire, faults, strict=True)
    for data, until_s in ((b"x" * 300 + b"\n", 0.1), (b"info\n", 0.2), (b"help\n", 0.3)):
        wire.to_board = data
        board.run(lambda end_s=until_s: board.now_s >= end_s)
    assert int(wire.from_board.partition(b" overruns=")[2].split()[0]) > 0
    assert wire.from_board.endswith(b"command name=reset usage=reset\nok\n")
