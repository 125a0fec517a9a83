"""The rate of the line as docs/protocol.md, `baud`, has it: raised, kept over commands, and given up again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mcubench.protocol import Board, VectorStream, raise_baud


@pytest.fixture
def raised(board: Board) -> Iterator[Board]:
    """The board at the highest rate that its line carries, and back at its boot rate afterwards."""
    if not board.link.has_rate or board.information.baud_max is None:
        pytest.skip("the rate of this board's line cannot be changed, or means nothing")
    raise_baud(board)
    if board.link.baud == board.boot_baud:
        pytest.skip(f"this line carries no more than the {board.boot_baud} bits/s that the board boots with")
    yield board
    board.fall_back()


def test_a_raised_rate_is_told_and_carries_every_byte(raised: Board, streaming) -> None:
    told = raised.info().baud
    assert abs(told - raised.link.baud) <= 0.025 * told
    raised.select(streaming.model.name)
    results = list(VectorStream(raised, streaming.model, streaming.payload(20)))
    assert sorted(result.index for result in results) == list(range(20))


def test_a_deaf_host_brings_the_board_back_to_its_boot_rate(raised: Board) -> None:
    before = raised.information.boot_count
    raised.link.set_baud(raised.boot_baud)
    info = raised.connect()
    assert (info.boot_count, raised.link.baud) == (before, raised.boot_baud)


def test_a_reset_brings_the_board_back_to_its_boot_rate(raised: Board) -> None:
    before = raised.information.boot_count
    info = raised.reset()
    assert (info.boot_count, raised.link.baud) == (before + 1, raised.boot_baud)
