"""A virtual board, with its own firmware, that hangs, crashes, is reset, and is taken to other rates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import BoardAddress, open_board, parse_board
from mcubench.errors import RestartedError
from mcubench.protocol import Board
from mcubench.recovery import Ladder, LineRate, ladder
from mcubench.symbols import holds_build

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / ".pio" / "build" / "stm32f746-local" / "firmware.elf"
BOOT_BAUD = 1_000_000

pytestmark = pytest.mark.skipif(not IMAGE.exists(), reason=f"no {IMAGE}; run 'make firmware'")


def address(fault: str = "") -> BoardAddress:
    return parse_board(f"virtual:stm32f746{f'?fault={fault}' if fault else ''}", IMAGE)


@pytest.fixture
def rescued() -> Any:
    with open_board(address()) as opened:
        rescuer = Ladder(opened)
        board = Board(opened.link, rescuer)
        board.connect()
        yield board, rescuer, opened


def settled(rate: LineRate, board: Board) -> int:
    """Return the rate of the line once it is raised: on a busy PC the echo of a virtual board may come too late."""
    for _ in range(3):
        rate.settle(board)
        if board.link.baud > BOOT_BAUD:
            break
    return board.link.baud


def test_the_reset_pin_is_pulled_at_any_rate(rescued: Any) -> None:
    board, rescuer, opened = rescued
    rate = LineRate(None)
    assert settled(rate, board) > BOOT_BAUD
    assert opened.pulse_reset()
    with pytest.raises(RestartedError) as caught:
        board.info()
    assert caught.value.cause == "pin"
    assert board.link.baud == BOOT_BAUD
    assert settled(rate, board) > BOOT_BAUD
    assert board.info().baud == board.link.baud
    assert rescuer.steps == []


def test_a_pulled_cable_leaves_a_board_at_its_raised_rate_and_the_ladder_finds_it(rescued: Any) -> None:
    board, rescuer, opened = rescued
    assert settled(LineRate(2_000_000), board) == 2_000_000
    board.select("mnist-int8")
    opened.link.close()
    info = board.info()
    assert [(str(step.step), step.ok) for step in rescuer.steps] == [("re-open the port", True)]
    assert (info.boot_count, board.link.baud) == (1, BOOT_BAUD)
    assert board.models()


def test_no_more_than_the_user_allows(rescued: Any) -> None:
    board, _, _ = rescued
    LineRate(BOOT_BAUD).settle(board)
    assert board.link.baud == BOOT_BAUD


def test_a_core_that_hangs_is_reset_by_its_watchdog_or_by_us(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", 2.0)
    with open_board(address("hang:after=2")) as opened:
        board = Board(opened.link, Ladder(opened))
        board.connect()
        board.select("mnist-int8")
        with pytest.raises(RestartedError) as caught:
            board.run(5)
        assert caught.value.cause in ("watchdog", "pin")
        board.select("mnist-int8")
        assert len(board.run(5).cycles) == 5


def test_a_crash_tells_where_in_the_image_that_is_found_by_its_build(rescued: Any) -> None:
    board, _, opened = rescued
    assert opened.address.image == IMAGE
    assert holds_build(IMAGE, board.information.build_id)
