"""What is special about the STM32F746: its many clocks."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pio import build_image
from virtual_board import running

from mcubench.errors import BoardError
from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board

# Up and down, in and out of over-drive, between the oscillators: every kind of step.
JOURNEY = ["216", "16", "200", "180", "216", "48", "168", "216-nocache", "144", "96", "120", "288", "16", "240", "216"]
OVERCLOCKED = {"240", "288"}


@pytest.fixture(scope="module")
def harness() -> ImageLayout:
    return build_image("stm32f746-harness-local")


@pytest.fixture(scope="module")
def board(harness: ImageLayout) -> Iterator[Board]:
    with running("stm32f746", harness) as started:
        yield started


def test_every_step_between_settings_keeps_the_rules_of_the_chip(board: Board) -> None:
    table = {setting.name: setting for setting in board.clocks().settings}
    assert set(table) == set(JOURNEY)
    for name in JOURNEY:
        state = board.set_clock(name, overclock=name in OVERCLOCKED)
        assert (state.name, state.hz) == (name, table[name].hz)
        assert table[name].details.items() <= state.settings.items()
        assert board.tick().hz == state.hz


def test_overclocked_setting_is_refused_unless_asked_for(board: Board) -> None:
    before = board.set_clock("96")
    with pytest.raises(BoardError, match="refused"):
        board.set_clock("288")
    assert board.tick().hz == before.hz


def test_board_without_its_crystal_falls_back_to_the_boot_clock(harness: ImageLayout) -> None:
    with running("stm32f746", harness, "--fault", "crystal:hse_hz=0") as board:
        for name in ("216", "48"):
            with pytest.raises(BoardError, match="clock-failed"):
                board.set_clock(name)
            assert board.tick().hz == 16_000_000
        assert board.set_clock("288", overclock=True).settings["source"] == "hsi-pll"
        assert board.set_clock("16").hz == 16_000_000
