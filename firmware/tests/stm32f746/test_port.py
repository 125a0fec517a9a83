"""The port on the virtual chip, in strict mode: it stops where real silicon would not do what the firmware expects."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pio import build_image

from mcubench.boards.resolve import BoardAddress, open_board
from mcubench.errors import BoardError
from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board

# Up and down, in and out of over-drive, between the oscillators: every kind of step.
JOURNEY = ["216", "16", "200", "180", "216", "48", "168", "216-nocache", "144", "96", "120", "288", "16", "240", "216"]
OVERCLOCKED = {"240", "288"}


@pytest.fixture(scope="module")
def harness() -> ImageLayout:
    return build_image("stm32f746-harness-local")


@contextmanager
def running(image: ImageLayout, *options: str) -> Iterator[Board]:
    command = [sys.executable, "-m", "mcubench", "virtual", "stm32f746", "--firmware", str(image.path), "--strict"]
    with open_board(BoardAddress("virtual:stm32f746", command=(*command, *options))) as opened:
        board = Board(opened.link)
        board.connect()
        yield board
        assert opened.child is not None
        complaints = opened.child.last_words()
        assert "strict mode stops here" not in complaints


@pytest.fixture(scope="module")
def board(harness: ImageLayout) -> Iterator[Board]:
    with running(harness) as started:
        yield started


def test_every_step_between_settings_keeps_the_rules_of_the_chip(board: Board) -> None:
    table = {setting.name: setting for setting in board.clocks().settings}
    assert set(table) == set(JOURNEY)
    for name in JOURNEY:
        state = board.set_clock(name, overclock=name in OVERCLOCKED)
        assert (state.name, state.hz) == (name, table[name].hz)
        assert table[name].details.items() <= state.settings.items()
        assert board.tick().hz == state.hz


def test_switches_are_independent_and_read_back(board: Board) -> None:
    for values in itertools.product([False, True], repeat=3):
        wanted = dict(zip(("icache", "dcache", "art"), values, strict=True))
        state = board.set_clock("216", wanted)
        assert {key: state.settings[key] == "1" for key in wanted} == wanted


def test_overclocked_setting_is_refused_unless_asked_for(board: Board) -> None:
    before = board.set_clock("96")
    with pytest.raises(BoardError, match="refused"):
        board.set_clock("288")
    assert board.tick().hz == before.hz


def test_board_without_its_crystal_falls_back_to_the_boot_clock(harness: ImageLayout) -> None:
    with running(harness, "--fault", "crystal:hse_hz=0") as board:
        for name in ("216", "48"):
            with pytest.raises(BoardError, match="clock-failed"):
                board.set_clock(name)
            assert board.tick().hz == 16_000_000
        assert board.set_clock("288", overclock=True).settings["source"] == "hsi-pll"
        assert board.set_clock("16").hz == 16_000_000


def test_reset_comes_back_at_the_boot_clock_and_says_why(board: Board) -> None:
    assert board.info().boot_cause == "power-on"
    board.set_clock("216")
    assert board.reset().boot_cause == "software"
    assert board.tick().hz == 16_000_000


def test_stack_was_painted_and_is_hardly_used(board: Board) -> None:
    info = board.info()
    assert 0 < info.stack_used_bytes < 2048
    assert info.stack_bytes == 8192


def test_info_reports_the_sizes_of_the_image(board: Board, harness: ImageLayout) -> None:
    info = board.info()
    assert info.flash_image_bytes == harness.flash_bytes
    assert info.flash_engine_bytes == harness.size_bytes(".engine")
    assert info.flash_harness_bytes == harness.harness_flash_bytes
    assert info.ram_static_bytes == harness.ram_static_bytes
    assert info.rx_ring_bytes == harness.size_bytes(".ring")
