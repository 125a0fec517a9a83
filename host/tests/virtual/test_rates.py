"""The two ends of the line have a bit rate each: it works if they are the same, and only then."""

from __future__ import annotations

import os
import select
from collections.abc import Callable

import pytest
import serial
from bench import DEADLINE_S, Bench, BoardProcess, Compile, Start


@pytest.fixture(params=["stm32f746", "nrf52840"])
def chip(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def answers(board: Bench, text: bytes) -> bool:
    """Return whether the board sends `text` back as it was."""
    return board.ask(text, len(text), seconds=0.06) == text


@pytest.mark.parametrize(("letter", "rate"), [(b"A", 115200), (b"C", 2000000), (b"D", 124031)])
def test_firmware_changes_its_rate_while_it_runs(
    bench: Callable[..., Bench], chip: str, letter: bytes, rate: int
) -> None:
    if chip == "nrf52840" and letter != b"A":
        pytest.skip("OVER8 is STM32's")
    board = bench("rates", strict=True)
    board.outside.baud = 1000000
    board.run_for(0.001)
    assert answers(board, b"x")
    assert answers(board, letter)  # still at the old rate
    assert not answers(board, b"xyz")
    board.outside.baud = rate
    board.run_for(0.02)
    assert answers(board, b"x")
    start_s = board.board.now_s
    assert answers(board, b"xxxxxxxxxx")
    assert board.outside.last_sent_s - start_s > 10 * 10 / rate
    assert answers(board, b"B")
    assert not answers(board, b"xyz")


def test_outside_without_a_rate_follows_the_firmware(bench: Callable[..., Bench]) -> None:
    board = bench("rates", strict=True)
    board.run_for(0.001)
    assert answers(board, b"xA")
    board.run_for(0.001)
    assert answers(board, b"xyz")


def test_slow_fault_spoils_bytes_above_its_rate_in_both_directions(bench: Callable[..., Bench]) -> None:
    board = bench("rates", faults=["slow:max_baud=500000,rate=0.2"])
    board.run_for(0.001)
    data = bytes(range(0x80, 0x100))
    assert board.ask(data, len(data), seconds=0.05) != data
    board = bench("rates", faults=["slow:max_baud=1000000"])
    board.run_for(0.001)
    assert all(answers(board, bytes([byte])) for byte in data[::16])


def echoes(port: serial.Serial, data: bytes) -> bool:
    """Return whether the board on `port` sends `data` back as it was."""
    port.write(data)
    answer = b""
    while more := port.read(len(data)):  # of garbled bytes there are more
        answer += more
    return answer == data


@pytest.fixture
def echo(program: Compile, start: Start) -> Callable[..., BoardProcess]:
    return lambda *options: start(program("rates"), *options)


def test_pty_has_the_rate_that_a_program_sets(echo: Callable[..., BoardProcess]) -> None:
    with serial.Serial(echo().port, 1000000, timeout=0.2) as port:
        assert echoes(port, b"x")
        port.baudrate = 115200
        assert not echoes(port, b"xyz")
        port.baudrate = 1000000
        assert echoes(port, b"x")
        assert echoes(port, b"A")
        assert not echoes(port, b"xyz")
        port.baudrate = 115108  # a rate without a name
        assert echoes(port, b"x")


def test_pty_without_a_rate_follows_the_firmware(echo: Callable[..., BoardProcess]) -> None:
    port = os.open(echo().port, os.O_RDWR | os.O_NOCTTY)
    try:
        for byte in (b"x", b"A", b"x"):
            os.write(port, byte)
            assert select.select([port], [], [], DEADLINE_S)[0]
            assert os.read(port, 1) == byte
    finally:
        os.close(port)


def test_baud_option_overrides_the_port(echo: Callable[..., BoardProcess]) -> None:
    with serial.Serial(echo("--baud", "1000000").port, 9600, timeout=0.2) as port:
        assert echoes(port, b"x")
