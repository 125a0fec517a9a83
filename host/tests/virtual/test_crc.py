"""The CRC unit against zlib.crc32, against published check values, and against the examples of the manuals."""

from __future__ import annotations

import logging
import struct
import zlib
from collections.abc import Callable, Iterator

import pytest
from bench import Bench

from mcubench.errors import CheckFailedError

RESET = 1
BITS = {32: 0 << 3, 16: 1 << 3, 8: 2 << 3, 7: 3 << 3}
REVERSE_BYTES, REVERSE_HALVES, REVERSE_WORDS, REVERSE_OUTPUT = 1 << 5, 2 << 5, 3 << 5, 1 << 7
CHECK = b"123456789"  # of which every catalogue of CRCs gives the result


class Unit:
    """The unit behind the program crc.c."""

    def __init__(self, board: Bench) -> None:
        self._board = board
        board.until(b"ready\n")

    def do(self, letter: str, value: int) -> None:
        self._board.outside.to_board += letter.encode() + struct.pack("<I", value)

    def set_up(self, control: int, initial: int = 0xFFFFFFFF, polynomial: int = 0x04C11DB7) -> None:
        self.do("p", polynomial)
        self.do("i", initial)
        self.do("c", control | RESET)

    def feed(self, data: bytes) -> None:
        for byte in data:
            self.do("1", byte)

    def read(self, letter: str = "d") -> int:
        return int(self._board.ask(letter.encode(), 9), 16)


@pytest.fixture
def unit(bench: Callable[..., Bench]) -> Iterator[Unit]:
    return Unit(bench("crc", strict=True))


def test_after_reset_it_is_ready_for_crc32(unit: Unit) -> None:
    assert unit.read() == 0xFFFFFFFF
    unit.do("4", 0x31323334)
    unit.do("4", 0x35363738)
    unit.do("1", 0x39)
    assert unit.read() == 0x0376E6E7  # CRC-32/MPEG-2 of the check string


@pytest.mark.parametrize("data", [b"", b"\x00", CHECK, bytes(range(40))], ids=["empty", "zero", "check", "forty"])
def test_bytes_reversed_in_and_out_give_the_crc_of_zlib(unit: Unit, data: bytes) -> None:
    unit.set_up(REVERSE_BYTES | REVERSE_OUTPUT)
    unit.feed(data)
    assert unit.read() ^ 0xFFFFFFFF == zlib.crc32(data)


def test_words_and_halves_as_they_lie_in_memory_give_the_crc_of_zlib(unit: Unit) -> None:
    data = bytes(range(100, 114))
    words, halves = struct.unpack("<3I", data[:12]), struct.unpack("<H", data[12:])
    unit.set_up(REVERSE_WORDS | REVERSE_OUTPUT)
    for word in words:
        unit.do("4", word)
    unit.do("c", REVERSE_HALVES | REVERSE_OUTPUT)
    for half in halves:
        unit.do("2", half)
    assert unit.read() ^ 0xFFFFFFFF == zlib.crc32(data)


@pytest.mark.parametrize(
    ("control", "initial", "polynomial", "expected"),
    [
        (BITS[32], 0xFFFFFFFF, 0x04C11DB7, 0x0376E6E7),  # CRC-32/MPEG-2
        (BITS[16], 0x0000, 0x1021, 0x31C3),  # CRC-16/XMODEM
        (BITS[16] | REVERSE_BYTES | REVERSE_OUTPUT, 0xFFFF, 0x8005, 0x4B37),  # CRC-16/MODBUS
        (BITS[8], 0x00, 0x07, 0xF4),  # CRC-8/SMBUS
        (BITS[7], 0x00, 0x09, 0x75),  # CRC-7/MMC
    ],
    ids=["mpeg2", "xmodem", "modbus", "smbus", "mmc"],
)
def test_other_polynomials_give_their_check_values(
    unit: Unit, control: int, initial: int, polynomial: int, expected: int
) -> None:
    unit.set_up(control, initial, polynomial)
    unit.feed(CHECK)
    assert unit.read() == expected


@pytest.mark.parametrize(
    ("reverse", "same_as"),
    [(REVERSE_BYTES, 0x58D43CB2), (REVERSE_HALVES, 0xD458B23C), (REVERSE_WORDS, 0xB23CD458)],
    ids=["bytes", "halves", "words"],
)
def test_input_is_reversed_as_in_the_manuals_example(unit: Unit, reverse: int, same_as: int) -> None:
    unit.set_up(reverse)
    unit.do("4", 0x1A2B3C4D)
    reversed_in = unit.read()
    unit.set_up(0)
    unit.do("4", same_as)
    assert unit.read() == reversed_in


def test_output_is_reversed_as_in_the_manuals_example(unit: Unit) -> None:
    unit.do("c", REVERSE_OUTPUT)
    unit.do("i", 0x11223344)
    assert unit.read() == 0x22CC4488


def test_writing_the_initial_value_starts_over_and_the_reset_bit_reads_as_zero(unit: Unit) -> None:
    unit.do("4", 5)
    unit.do("i", 0x1234)
    assert unit.read() == 0x1234
    unit.do("4", 5)
    unit.do("c", RESET | REVERSE_BYTES)
    assert (unit.read(), unit.read("r")) == (0x1234, REVERSE_BYTES)


def test_without_its_clock_it_answers_nothing(bench: Callable[..., Bench], caplog: pytest.LogCaptureFixture) -> None:
    unit = Unit(bench("crc"))
    unit.do("o", 0)
    unit.do("4", 5)
    assert unit.read() == 0
    messages = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(messages) == 1
    assert "CRC_DR: accessed while its clock is off (RCC_AHB1ENR bit 12 is 0)" in messages[0]


def test_without_its_clock_strict_mode_stops(bench: Callable[..., Bench]) -> None:
    unit = Unit(bench("crc", strict=True))
    unit.do("o", 0)
    with pytest.raises(CheckFailedError, match="CRC_DR: accessed while its clock is off"):
        unit.read()
