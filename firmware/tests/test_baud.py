"""Another rate of the line, and the way back, with a port that is told rates and counts."""

from __future__ import annotations

import pytest
import wire_reference as wire
from core_boards import FakeBoard

BOOT = 1_000_000
DEAF_BYTES = 8192  # the fake port's ring


def rate_of(board: FakeBoard) -> int:
    return board.variable("fake_baud").value


def fast(board: FakeBoard) -> FakeBoard:
    assert board.ask_final("baud 2000000").text == "ok baud=2000000"
    assert rate_of(board) == 2_000_000
    return board


@pytest.mark.parametrize(
    ("asked", "true"),
    [(115200, 115107), (921600, 941176), (1_000_000, 1_000_000), (2_000_000, 2_000_000), (2_050_000, 2_000_000)],
)
def test_rate_changes_after_the_answer_has_left(fake_board: FakeBoard, asked: int, true: int) -> None:
    assert fake_board.ask_final(f"baud {asked}").text == f"ok baud={true}"
    assert rate_of(fake_board) == true
    assert fake_board.variable("fake_baud_while_sending").value == 0
    link = next(wire.words(answer) for answer in fake_board.ask("info") if answer.kind == "link")
    assert (link["baud"], link["baud_max"]) == (str(true), "2000000")


@pytest.mark.parametrize("asked", [0, 970_000, 1_900_000, 2_060_000, 4_294_967_295])
def test_rate_that_is_more_than_a_fortieth_off_is_refused(fake_board: FakeBoard, asked: int) -> None:
    assert fake_board.ask_final(f"baud {asked}").text.startswith("error refused reason=")
    assert rate_of(fake_board) == BOOT


@pytest.mark.parametrize("noise", [b"\n", b"x", b"\x00", b"\xff", b"nothing\n", b"tick #7:00000000\n"])
def test_board_that_hears_no_sense_goes_back_to_its_boot_rate(fake_board: FakeBoard, noise: bytes) -> None:
    fast(fake_board)
    fake_board.handle((noise * DEAF_BYTES)[: DEAF_BYTES - 1])
    assert rate_of(fake_board) == 2_000_000
    fake_board.handle(b"\n")
    assert rate_of(fake_board) == BOOT
    fake_board.handle(b"\x00\x00\n")
    link = next(wire.words(answer) for answer in fake_board.ask("info") if answer.kind == "link")
    assert link["baud"] == str(BOOT)


@pytest.mark.parametrize(
    "sense", [b"tick\n", b"run x\n", wire.frame(wire.POLL), wire.frame(0x7F, b"of a later version")]
)
def test_sense_among_noise_keeps_the_rate(fake_board: FakeBoard, sense: bytes) -> None:
    fast(fake_board)
    for _ in range(3):
        fake_board.handle(b"\xff" * (DEAF_BYTES - 100) + b"\n" + sense)
    assert rate_of(fake_board) == 2_000_000


def test_broken_frames_are_no_sense(fake_board: FakeBoard) -> None:
    fast(fake_board)
    broken = wire.data_frame(0, bytes(1000)).replace(b"\x01", b"\x02", 1)
    for _ in range(9):
        fake_board.handle(broken)
    assert rate_of(fake_board) == BOOT


def test_receive_errors_count_where_they_take_bytes_with_them(fake_board: FakeBoard) -> None:
    fast(fake_board)
    errors = fake_board.variable("fake_overruns")
    errors.value += DEAF_BYTES // 64 - 1
    fake_board.poll()
    assert rate_of(fake_board) == 2_000_000
    errors.value += 1
    fake_board.poll()
    assert rate_of(fake_board) == BOOT


def test_board_at_its_boot_rate_stays_there(fake_board: FakeBoard) -> None:
    changes = fake_board.variable("fake_baud_changes")
    before = changes.value
    fake_board.handle(b"x" * 8192)
    assert changes.value == before


def test_rate_is_the_boot_rate_again_after_a_reset(fake_board: FakeBoard) -> None:
    fast(fake_board)
    fake_board.handle(b"reset\n")
    assert rate_of(fake_board) == BOOT
