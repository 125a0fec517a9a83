"""What is special about the nRF52840: one speed from two sources, and a ring that DMA fills while PPI counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pio import build_image
from virtual_board import running
from wired_board import WiredBoard

from mcubench.deadline import Deadline
from mcubench.errors import BoardError
from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board
from mcubench.protocol.splitter import TextLine

JOURNEY = ["64-hfint", "64", "64-nocache", "64-hfint", "64-nocache", "64"]
RING_BYTES = 32768
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


def test_line_goes_on_after_bytes_that_were_received_with_errors(harness: ImageLayout) -> None:
    """They come while the board starts from an internal oscillator that is far off, and the crystal takes its time."""
    board = WiredBoard("nrf52840", harness.path, "crystal:hfint_hz=68e6")
    for data in (b"x" * 300 + b"\n", b"info\n", b"help\n"):
        board.wire.to_board = data
        board.run_for(0.1)
    assert int(board.wire.from_board.partition(b" overruns=")[2].split()[0]) > 0
    assert board.wire.from_board.endswith(b"command name=reset usage=reset\nok\n")
