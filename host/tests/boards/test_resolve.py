from __future__ import annotations

import time
from pathlib import Path

import pytest

from mcubench.boards import number_boards, open_board, parse_board, parse_port
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
    assert (address.port, address.baud, address.command, address.can_multiply) == ("/dev/ttyACM0", None, None, False)


@pytest.mark.parametrize(
    ("text", "port", "baud"),
    [
        ("/dev/ttyUSB0@921600", "/dev/ttyUSB0", 921_600),
        ("socket://user@host:4000", "socket://user@host:4000", None),
        ("/dev/odd@0", "/dev/odd@0", None),
    ],
)
def test_a_port_may_have_a_baud_rate_of_its_own(text: str, port: str, baud: int | None) -> None:
    address = parse_port(text)
    assert (address.name, address.port, address.baud) == (text, port, baud)


@pytest.mark.parametrize("text", ["socket://host", "socket://host:99999", "rfc2217://:7001", "socket://host@9600"])
def test_a_server_has_a_host_and_a_port(text: str) -> None:
    with pytest.raises(InputError, match=r"expected (socket|rfc2217)://HOST:PORT, with a port from 1 to 65535$"):
        parse_port(text)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("stm32f746", "expected virtual:stm32f746"),
        ("virtual:", "expected virtual:stm32f746"),
        ("virtual:z80", "no virtual chip 'z80'"),
        ("virtual:stm32f746?speed=9", "found 'speed=9'"),
        ("virtual:stm32f746?engine=tflm&engine=tflm", "found 'engine=tflm'"),
        ("virtual:stm32f746?engine=litert", "cannot have the engine 'litert'; there is generated"),
        ("native:", "expected virtual:stm32f746"),
        ("python:", "python:<engine>"),
        ("python:torch", "no board 'python:torch'; there is python:tflm, python:litert"),
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


def test_an_image_that_is_not_built_is_named_with_what_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"no \.pio/build/nrf52840-local/firmware\.elf .* pio run -e nrf52840-local;"):
        parse_board("virtual:nrf52840")
    with pytest.raises(InputError, match=r"pio run -e nrf52840-tflm-local .it needs .*MCUBENCH_LIB_DIR"):
        parse_board("virtual:nrf52840", engine="tflm")
    with pytest.raises(InputError, match=r"no build/native/generated/board in .*make firmware"):
        parse_board("native")


def test_the_engine_picks_the_image_and_the_beginning_of_a_chip_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = tmp_path / ".pio" / "build" / "nrf52840-tflm-local" / "firmware.elf"
    built.parent.mkdir(parents=True)
    built.touch()
    monkeypatch.chdir(tmp_path)
    for address in (
        parse_board("virtual:nrf?engine=tflm&fault=silence"),
        parse_board("virtual:nrf?fault=silence", engine="tflm"),
    ):
        assert address.name == "virtual:nrf52840?engine=tflm&fault=silence"
        assert address.engine == "tflm"
        assert address.command is not None
        assert str(built) in address.command
    with pytest.raises(InputError, match="name two engines"):
        parse_board("virtual:nrf?engine=tflm", engine="generated")


def test_a_firmware_file_may_have_any_engine_unless_one_is_asked_for(elf: Path) -> None:
    assert parse_board("virtual:stm32f746", elf).engine is None
    assert parse_board("virtual:stm32f746", elf, engine="tflm").engine == "tflm"


def test_a_python_board_serves_the_models_of_the_sweep(tmp_path: Path) -> None:
    address = parse_board("python:litert", models=[tmp_path / "a", tmp_path / "b"])
    assert address.command is not None
    assert address.command[1:] == (
        "-m", "mcubench", "serve-board", "--engine", "litert", str(tmp_path / "a"), str(tmp_path / "b"),
    )  # fmt: skip
    assert (address.engine, address.can_multiply) == ("litert", False)


def test_numbers_follow_from_the_addresses_alone(elf: Path) -> None:
    stm, faulty = parse_board("virtual:stm32f746", elf), parse_board("virtual:stm32f746?fault=silence", elf)
    tflm, native = parse_board("virtual:stm32f746", elf, "tflm"), parse_board("native:x")
    port = parse_port("/dev/ttyACM0")
    assert number_boards([stm]) == number_boards([port]) == [None]
    assert number_boards([stm, tflm, native]) == [None, None, None]
    assert number_boards([stm, faulty, native, native]) == [None, 2, None, 4]
    assert number_boards([stm, port]) == [None, 2]


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
