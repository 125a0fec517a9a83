"""A virtual board, with its own firmware, that hangs, crashes, is reset, and is taken to other rates."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from mcubench.boards import BoardAddress, ChildBoard, open_board, parse_board
from mcubench.errors import RestartedError, RigError
from mcubench.protocol import Board
from mcubench.recovery import Ladder, LineRate, Rung, ladder, say_hello
from mcubench.rig import RigBoard, address_of, drivers_of
from mcubench.symbols import holds_build

ROOT = Path(__file__).resolve().parents[3]
IMAGE = ROOT / ".pio" / "build" / "stm32f746-local" / "firmware.elf"
BOOT_BAUD = 1_000_000
UID = "7669727475616c0000000ab1"
Start = Callable[..., RigBoard]

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


@pytest.fixture
def on_a_rig(tmp_path: Path) -> Iterator[Start]:
    """A function that starts a virtual board as `mcubench rig up` does, and returns its entry."""
    with ExitStack() as stack:

        def start(*options: str | Path) -> RigBoard:
            entry = RigBoard("v", "stm32f746", UID, str(tmp_path / "probe"), str(tmp_path / "port"), runner="virtual")
            command = [sys.executable, "-m", "mcubench", "virtual", "stm32f746", "--uid", UID]
            places = ["--probe", str(tmp_path / "probe"), "--link", str(tmp_path / "port")]
            stack.enter_context(ChildBoard("v", [*command, *places, *map(str, options)]))
            return entry

        yield start


def test_the_probe_resets_a_core_that_hangs_and_switches_its_power(
    on_a_rig: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = on_a_rig("--firmware", IMAGE, "--fault", "hang:after=1")
    drivers = drivers_of(entry)
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", 3.0)
    with open_board(address_of(entry)) as opened:
        rescuer = Ladder(opened, drivers)
        board = Board(opened.link, rescuer)
        assert say_hello(board, rescuer).boot_cause == "power-on"
        for driver, cause in zip(drivers, ("pin", "power-on"), strict=True):
            driver.reset(board.port, "stm32f746")
            with pytest.raises(RestartedError) as caught:
                board.info()
            assert caught.value.cause == cause
        board.select("mnist-int8")
        with pytest.raises(RestartedError) as caught:
            board.run(5)
        assert caught.value.cause in ("watchdog", "pin")
        assert board.select("mnist-int8")
    assert {driver.rung for driver in drivers} == {Rung.DEBUG_PROBE, Rung.POWER_CYCLE}


def test_a_board_without_firmware_is_tried_with_all_that_there_is(
    on_a_rig: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = on_a_rig()
    monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", 0.3)
    with open_board(address_of(entry)) as opened:
        rescuer = Ladder(opened, drivers_of(entry))
        with pytest.raises(RigError, match=r"tried in vain: debug probe \(.*\), power cycle \("):
            say_hello(Board(opened.link, rescuer), rescuer, 0.3)


def test_a_probe_that_nobody_serves_is_one_line(tmp_path: Path) -> None:
    entry = RigBoard("v", "stm32f746", probe_id="probe", runner="virtual", file=tmp_path / "rig.toml")
    for driver in drivers_of(entry):
        with pytest.raises(RigError, match=f"{tmp_path}/probe: no virtual board serves this probe"):
            driver.reset("/dev/pts/9", "stm32f746")


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
