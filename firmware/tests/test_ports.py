"""What every port for a virtual chip keeps of the port contract."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator

import pytest
import wire_reference as wire
from core_boards import board_splitter, receive
from pio import build_image
from virtual_board import running
from wired_board import WiredBoard

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


# ---- another rate of the line ----

RATES = {
    "stm32f746": {115200: 115107, 460800: 457142, 921600: 941176, 1_000_000: 1_000_000, 2_000_000: 2_000_000},
    "nrf52840": {115200: 115108, 460800: 457143, 921600: 941176, 1_000_000: 1_000_000},
}
ECHO_BYTES = 300
DEAF_BYTES = 32768
TRIES = 2


@pytest.fixture
def wired(chip: str, harness: ImageLayout) -> WiredBoard:
    board = WiredBoard(chip, harness.path)
    board.wire.baud = BAUD
    board.until("boot")
    return board


def go_to(board: WiredBoard, rate: int) -> str:
    """Change the rate of both ends as a host does; return the board's answer."""
    board.send(f"baud {rate}")
    answer = board.until("ok")
    board.wire.baud = rate
    board.run_for(0.01)  # the board changes when the answer's last bit has left, and has to stop its receiver before
    return answer


def test_every_rate_carries_echoes(wired: WiredBoard, chip: str) -> None:
    data = random.Random(1).randbytes(ECHO_BYTES)
    for rate, true in RATES[chip].items():
        assert go_to(wired, rate) == f"ok baud={true}"
        wired.wire.to_board = wire.frame(wire.ECHO, data)
        wired.run_for(3 * 10 * ECHO_BYTES / rate + 0.02)
        frames = [
            message for message in receive(board_splitter(), wired.wire.from_board) if isinstance(message, wire.Frame)
        ]
        assert [frame.payload for frame in frames if frame.kind == wire.ECHOED] == [data]
        wired.wire.from_board = b""


def test_rate_that_the_chip_has_not_is_refused(wired: WiredBoard, chip: str) -> None:
    for rate in (max(RATES[chip]) + 100_000, 970_000):
        wired.send(f"baud {rate}")
        assert wired.until("error").startswith("error refused reason=")


@pytest.mark.parametrize("rate", [115200, 2_000_000])
def test_board_that_lost_its_host_comes_back_to_the_boot_rate(wired: WiredBoard, chip: str, rate: int) -> None:
    """As the protocol tells a host: as many bytes at the boot rate as the ring takes, and hello; again if need be."""
    if rate not in RATES[chip]:
        pytest.skip("the chip has no such rate")
    go_to(wired, rate)
    wired.wire.baud = BAUD
    for _ in range(TRIES):
        wired.wire.to_board = b"\n" * DEAF_BYTES
        wired.run_for(10 * DEAF_BYTES / BAUD + 0.01)
        wired.wire.from_board, wired.wire.to_board = b"", b"\x00\x00\ninfo\n"
        if wired.has_sent("ok protocol="):  # at its boot clock it may be slower than empty lines come
            break
    assert f" baud={BAUD} " in wired.wire.from_board.decode("latin-1")


def test_reset_takes_the_line_back_to_the_boot_rate(wired: WiredBoard) -> None:
    go_to(wired, 115200)
    wired.send("reset")
    wired.until("ok")
    wired.wire.baud = BAUD
    assert wired.until("boot").endswith("count=2 cause=software")
