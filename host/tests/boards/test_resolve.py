from __future__ import annotations

import time
from pathlib import Path

import pytest

from mcubench.boards import open_board, parse_board, parse_port
from mcubench.deadline import Deadline
from mcubench.errors import InputError
from mcubench.protocol import Board


@pytest.fixture
def elf(tmp_path: Path) -> Path:
    (tmp_path / "firmware.elf").write_bytes(b"\x7fELF")
    return tmp_path / "firmware.elf"


def test_a_virtual_board_is_a_command_with_its_firmware_and_faults(elf: Path) -> None:
    address = parse_board("virtual:stm32f746?fault=crystal:hse_hz=12000000&fault=silence", elf)
    assert address.command is not None
    assert address.command[1:] == (
        "-m", "mcubench", "virtual", "stm32f746", "--firmware", str(elf),
        "--fault", "crystal:hse_hz=12000000", "--fault", "silence",
    )  # fmt: skip
    assert address.can_multiply


def test_a_port_is_an_address_of_one_real_board() -> None:
    address = parse_port("/dev/ttyACM0")
    assert (address.port, address.command, address.can_multiply) == ("/dev/ttyACM0", None, False)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("stm32f746", "expected virtual:stm32f746"),
        ("virtual:", "expected virtual:stm32f746"),
        ("virtual:z80", "no virtual chip 'z80'"),
        ("virtual:stm32f746?speed=9", "found 'speed=9'"),
        ("virtual:stm32f746?fault=", "found 'fault='"),
        ("", "expected virtual:stm32f746"),
    ],
)
def test_what_is_no_board_is_an_input_error(text: str, trouble: str, elf: Path) -> None:
    with pytest.raises(InputError, match=trouble):
        parse_board(text, elf)


def test_firmware_that_is_not_there_is_an_input_error_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="make firmware"):
        parse_board("virtual:stm32f746", tmp_path / "none.elf")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="make firmware"):
        parse_board("virtual:stm32f746")


def test_built_firmware_is_found_from_below(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = tmp_path / ".pio" / "build" / "stm32f746-local" / "firmware.elf"
    built.parent.mkdir(parents=True)
    built.touch()
    (tmp_path / "a" / "b").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "a" / "b")
    command = parse_board("virtual:stm32f746").command
    assert command is not None
    assert str(built) in command


def test_a_program_is_started_talked_to_and_ended(echo_program: Path) -> None:
    with open_board(parse_board(f"native:{echo_program}")) as opened:
        assert Board(opened.link).connect().board == "native"
        assert opened.child is not None
        port = opened.child.port
    gone = Deadline.after(5)  # the kernel ends the core a moment after the process that looks after it
    while Path(port).exists():
        assert not gone.expired, "the pty lives as long as the program"
        time.sleep(0.01)
