"""Boots, crashes and rates, with a port whose memory outlives what the test wants it to outlive."""

from __future__ import annotations

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message

HARD, MEMORY, BUS, USAGE, STACK_OVERFLOW, EXIT = range(6)
PC, LR, PSR, SP, CFSR, HFSR, MMFAR, BFAR = (1 << bit for bit in range(8))


def lines(messages: list[Message]) -> list[str]:
    assert all(isinstance(message, wire.Answer) for message in messages)
    return [message.text for message in messages if isinstance(message, wire.Answer)]


def power_on(board: FakeBoard) -> list[str]:
    board.library.fake_power_on()
    return lines(board.take())


def crash(board: FakeBoard, kind: int, known: int = 0) -> list[str]:
    board.library.fake_crash(kind, known)
    return lines(board.take())


def of_info(board: FakeBoard) -> list[str]:
    """Return the lines of `info` from `boot` on."""
    texts = [answer.text for answer in board.ask("info")]
    return texts[[text.split()[0] for text in texts].index("boot") :]


def test_boots_are_counted_from_power_on(fake_board: FakeBoard) -> None:
    assert power_on(fake_board) == ["boot board=fake protocol=2 count=1 cause=power-on"]
    for count in (2, 3):
        assert lines(fake_board.handle(b"reset\n")) == [
            "ok",
            f"boot board=fake protocol=2 count={count} cause=software",
        ]
    assert of_info(fake_board) == ["boot count=3 cause=software mark=0 watchdog_ms=30000", "ok protocol=2"]
    assert power_on(fake_board) == ["boot board=fake protocol=2 count=1 cause=power-on"]


@pytest.mark.parametrize(
    ("kind", "known", "words"),
    [
        (HARD, HFSR, "kind=hard hfsr=c0de0005"),
        (MEMORY, MMFAR, "kind=memory mmfar=c0de0006"),
        (BUS, PC | BFAR, "kind=bus pc=c0de0000 bfar=c0de0007"),
        (USAGE, PC | LR | PSR | SP | CFSR, "kind=usage pc=c0de0000 lr=c0de0001 psr=c0de0002 sp=c0de0003 cfsr=c0de0004"),
        (STACK_OVERFLOW, SP, "kind=stack-overflow sp=c0de0003"),
        (EXIT, 0, "kind=exit"),
    ],
)
def test_crash_is_told_at_the_next_boot(fake_board: FakeBoard, kind: int, known: int, words: str) -> None:
    power_on(fake_board)
    assert crash(fake_board, kind, known) == [
        "boot board=fake protocol=2 count=2 cause=fault",
        f"fault boot=1 {words}",
    ]


def test_last_crash_is_told_by_info_until_power_on(fake_board: FakeBoard) -> None:
    power_on(fake_board)
    crash(fake_board, USAGE)
    crash(fake_board, BUS)
    assert of_info(fake_board)[:2] == ["boot count=3 cause=fault mark=0 watchdog_ms=30000", "fault boot=2 kind=bus"]
    assert lines(fake_board.handle(b"reset\n")) == ["ok", "boot board=fake protocol=2 count=4 cause=software"]
    assert of_info(fake_board)[:2] == ["boot count=4 cause=software mark=0 watchdog_ms=30000", "fault boot=2 kind=bus"]
    power_on(fake_board)
    assert of_info(fake_board) == ["boot count=1 cause=power-on mark=0 watchdog_ms=30000", "ok protocol=2"]


@pytest.mark.parametrize("bit", [0, 31, 32, 300])
def test_kept_memory_with_one_wrong_bit_is_not_believed(fake_board: FakeBoard, bit: int) -> None:
    power_on(fake_board)
    crash(fake_board, BUS)
    fake_board.library.fake_damage_kept(bit)
    assert lines(fake_board.handle(b"reset\n"))[1].endswith("count=1 cause=software")
    assert of_info(fake_board)[-2].startswith("boot ")


def test_crash_that_wrote_over_kept_memory_is_told(fake_board: FakeBoard) -> None:
    power_on(fake_board)
    fake_board.library.fake_damage_kept(0)
    assert crash(fake_board, BUS, PC) == [
        "boot board=fake protocol=2 count=2 cause=fault",
        "fault boot=1 kind=bus pc=c0de0000",
    ]


def test_mark_is_forgotten_by_every_boot(fake_board: FakeBoard) -> None:
    fake_board.ask("mark 1234")
    crash(fake_board, BUS)
    assert " mark=0 " in of_info(fake_board)[0]


def test_watchdog_is_kicked_when_nothing_happens_and_before_each_inference(fake_board: FakeBoard) -> None:
    kicks = fake_board.variable("fake_kicks")
    before = kicks.value
    fake_board.poll(5)
    assert kicks.value == before + 5
    fake_board.cycles_per_reading = 17
    fake_board.feed(b"run 40\n")
    before = kicks.value
    fake_board.poll()
    assert kicks.value >= before + 1 + 40
    assert fake_board.variable("fake_kicks_in_window").value == 0
