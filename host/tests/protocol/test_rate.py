"""The line's rate goes up where the line carries it, comes down where it does not, and no board stays deaf."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from rated_board import RatedBoard

from mcubench.boards import open_board, parse_board
from mcubench.deadline import Deadline
from mcubench.errors import RestartedError
from mcubench.link import Link
from mcubench.protocol import Board, ModelInfo, VectorStream, lower_baud, raise_baud, rate

IMAGE = Path(__file__).resolve().parents[3] / ".pio" / "build" / "stm32f746-local" / "firmware.elf"


MODEL = ModelInfo(0, "m", "00", 16, "int8", 4, "int8", None, None, 1)
RatedHost = tuple[RatedBoard, Board]


@pytest.fixture
def rated_host() -> Iterator[RatedHost]:
    """A board whose UART has a rate, connected."""
    with RatedBoard() as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        yield rated, board
        rated.free.set()


@pytest.mark.parametrize(
    ("limits", "most", "expected"),
    [
        ({}, None, 4_000_000),
        ({}, 2_000_000, 2_000_000),
        ({}, 1_000_000, 1_000_000),
        ({"baud_max": 2_500_000}, None, 2_000_000),
        ({"refused": (4_000_000, 3_000_000)}, None, 2_000_000),
        ({"good_baud": 2_000_000}, None, 2_000_000),
        ({"good_baud": 999_999}, None, 1_000_000),
        ({"boot_baud": 4_000_000}, None, 4_000_000),
    ],
)
def test_the_highest_rate_that_carries_every_byte(limits: dict[str, int], most: int | None, expected: int) -> None:
    with RatedBoard(**limits) as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        assert raise_baud(board, most) == expected
        assert (link.baud, rated.baud, board.info().baud) == (expected, expected, expected)
        assert board.information.boot_count == 1


def test_a_board_that_is_slow_is_not_taken_for_a_bad_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for wait in ("FIRST_WAIT_S", "ECHO_WAIT_S"):
        monkeypatch.setattr(rate, wait, 0.02)
    with RatedBoard(baud_max=2_000_000, lag_s=0.1) as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        board.tick()
        assert raise_baud(board) == 2_000_000


def test_a_lost_answer_to_baud_leaves_both_ends_at_one_rate() -> None:
    lost = itertools.chain([True, True], itertools.repeat(False))
    with RatedBoard(lose=lambda: next(lost)) as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        assert board.set_baud(2_000_000) == 2_000_000
        assert (link.baud, rated.baud, board.info().baud) == (2_000_000, 2_000_000, 2_000_000)


def test_a_board_that_an_earlier_host_left_at_another_rate_is_found() -> None:
    with RatedBoard() as rated:
        for _ in range(2):
            with Link(rated.port, rated.boot_baud) as link:
                board = Board(link)
                assert board.connect().baud == rated.boot_baud
                board.set_baud(3_000_000)
                assert board.info().baud == 3_000_000
        assert rated.rates == [1_000_000, 3_000_000, 1_000_000, 3_000_000]


def test_a_reset_at_a_raised_rate_is_told_and_the_line_is_back_at_the_first_one() -> None:
    with RatedBoard() as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        raise_baud(board)
        rated.reset()
        with pytest.raises(RestartedError, match="cause: watchdog"):
            board.tick()
        assert board.info().baud == link.baud == rated.boot_baud


def test_a_reset_at_a_raised_rate_does_not_cost_the_patience_for_an_inference(rated_host: RatedHost) -> None:
    rated, board = rated_host
    raise_baud(board)
    rated.reset()
    with pytest.raises(RestartedError, match=r"cause: watchdog\) while answering 'run 1'"):
        board.run(1)
    assert board.info().baud == board.link.baud == rated.boot_baud


def test_a_reset_at_a_raised_rate_ends_a_stream_before_it_stalls(rated_host: RatedHost) -> None:
    rated, board = rated_host
    raise_baud(board)
    rated.reset()
    with pytest.raises(RestartedError, match=r"cause: watchdog\) while streaming 2 vectors"):
        list(VectorStream(board, MODEL, bytes(2 * MODEL.input_bytes)))
    assert board.info().baud == board.link.baud == rated.boot_baud


def test_a_board_that_only_computes_at_a_raised_rate_is_left_there(rated_host: RatedHost) -> None:
    rated, board = rated_host
    raise_baud(board, 2_000_000)
    rated.free.clear()
    assert not board.find_at_boot_rate("computing")
    rated.free.set()
    assert board.info().baud == board.link.baud == 2_000_000
    assert rated.rates == [1_000_000, 2_000_000]


def test_a_board_that_went_back_by_itself_is_the_same(rated_host: RatedHost) -> None:
    rated, board = rated_host
    raise_baud(board, 2_000_000)
    rated.deafen()
    assert board.find_at_boot_rate("computing")
    assert board.info().baud == board.link.baud == rated.boot_baud


def test_the_rate_is_lowered_when_errors_pile_up_and_never_below_the_first() -> None:
    with RatedBoard(boot_baud=921_600) as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        raise_baud(board, 1_500_000)
        assert not lower_baud(board)
        for expected in (1_000_000, 921_600):
            rated.crc_errors += 100
            board.info()
            assert lower_baud(board)
            assert (link.baud, rated.baud) == (expected, expected)
            assert not lower_baud(board)
        rated.crc_errors += 100
        board.info()
        assert not lower_baud(board)
        assert rated.rates == [921_600, 1_500_000, 1_000_000, 921_600]


def test_a_line_that_turns_bad_after_a_long_good_time_is_lowered() -> None:
    with RatedBoard() as rated, Link(rated.port, rated.boot_baud) as link:
        board = Board(link)
        board.connect()
        raise_baud(board, 2_000_000)
        board.channel.rx_bytes += 100_000_000
        assert not lower_baud(board)
        rated.crc_errors += 100
        board.channel.rx_bytes += 100_000
        board.info()
        assert lower_baud(board)
        assert link.baud == rated.baud < 2_000_000


class AgeingCable:
    """A link that flips bits above a rate once so many bytes went over it."""

    def __init__(self, link: Link, good_baud: int, good_bytes: int) -> None:
        self._link, self._good_baud, self._good_bytes = link, good_baud, good_bytes
        self._dice = random.Random(3)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._link, name)

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        return self._spoil(self._link.read(max_bytes, deadline))

    def write(self, data: bytes, deadline: Deadline) -> None:
        self._link.write(self._spoil(data), deadline)

    def _spoil(self, data: bytes) -> bytes:
        self._good_bytes -= len(data)
        if self._good_bytes > 0 or self._link.baud <= self._good_baud:
            return data
        return bytes(byte ^ 4 if self._dice.random() < 2e-3 else byte for byte in data)


@pytest.mark.skipif(not IMAGE.is_file(), reason="needs the image of the virtual board: make firmware")
def test_a_line_that_turns_bad_in_the_middle_of_a_stream_is_lowered_there() -> None:
    pytest.importorskip("unicorn")
    with open_board(parse_board("virtual:stm32f746", IMAGE)) as opened:
        board = Board(cast(Link, AgeingCable(opened.link, 1_500_000, 150_000)))
        board.connect()
        board.set_clock("216")
        assert raise_baud(board) == 2_000_000
        model = board.select("mnist-int8")
        results = list(VectorStream(board, model, random.Random(1).randbytes(400 * model.input_bytes)))
        assert sorted(result.index for result in results) == list(range(400))
        assert board.link.baud == 1_000_000


@pytest.mark.parametrize(("fault", "expected"), [("", 2_000_000), ("?fault=slow:max_baud=1500000", 1_000_000)])
def test_the_rate_of_a_virtual_board(fault: str, expected: int) -> None:
    if not IMAGE.exists():
        pytest.skip(f"no {IMAGE}: run `make firmware`")
    with open_board(parse_board(f"virtual:stm32f746{fault}", IMAGE)) as opened:
        board = Board(opened.link)
        assert board.connect().baud == 1_000_000
        assert raise_baud(board) == expected
        assert board.reset().baud == opened.link.baud == 1_000_000
