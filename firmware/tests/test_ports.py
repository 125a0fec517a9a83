"""What every port for a virtual chip keeps of the port contract."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from pio import build_image
from virtual_board import running

from mcubench.image_layout import ImageLayout
from mcubench.protocol.client import Board

BAUD = 1_000_000


@pytest.fixture(scope="module", params=["stm32f746", "nrf52840"])
def chip(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def harness(chip: str) -> ImageLayout:
    return build_image(f"{chip}-harness-local")


@pytest.fixture(scope="module")
def board(chip: str, harness: ImageLayout) -> Iterator[Board]:
    with running(chip, harness, "--baud", str(BAUD)) as started:
        yield started


def test_board_says_who_it_is(board: Board, chip: str) -> None:
    info = board.info()
    assert info.board == chip
    assert bytes.fromhex(info.uid).startswith(b"virtual")
    assert info.baud == BAUD


def test_switches_are_independent_and_read_back(board: Board) -> None:
    table = board.clocks()
    for values in itertools.product([False, True], repeat=len(table.options)):
        wanted = dict(zip(table.options, values, strict=True))
        state = board.set_clock(table.settings[-1].name, wanted, overclock=table.settings[-1].overclock)
        assert {key: state.settings[key] == "1" for key in wanted} == wanted


def test_reset_comes_back_at_the_boot_setting_and_says_why(board: Board) -> None:
    assert board.info().boot_cause == "power-on"
    boot, *_, last = board.clocks().settings
    board.set_clock(last.name, overclock=last.overclock)
    assert board.reset().boot_cause == "software"
    assert board.clocks().selected == boot.name
    assert board.tick().hz == boot.hz


def test_pin_reset_is_told_from_power_on(chip: str, harness: ImageLayout) -> None:
    with running(chip, harness, "--fault", "reset:after=100") as board:
        assert board.info().boot_cause == "pin"
        assert board.reset().boot_cause == "software"


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
