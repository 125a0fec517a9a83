from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # for named_boards; importlib mode adds no folder

from named_boards import named_boards
from talking_pty import talking_pty

from mcubench.rig import RigBoard, check, hold, latch, latched
from mcubench.rig.check import Checked, Verdict, check_boards


@pytest.fixture(autouse=True)
def state_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MCUBENCH_STATE_DIR", str(tmp_path / "state"))


def stm(name: str, uid: str, serial: str) -> RigBoard:
    return RigBoard(name, "stm32f746", id=uid, serial=serial)


def test_every_board_gets_its_own_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "HELLO_TIMEOUT_S", 1.0)
    told: list[Checked] = []
    with (
        named_boards(("stm32f746", "aa"), ("nrf52840", "bb"), ("stm32f746", "cc")) as ports,
        talking_pty(b"") as silent,
    ):
        boards = [
            stm("good", "aa", ports[0]),
            stm("other kind", "bb", ports[1]),
            stm("other id", "dd", ports[2]),
            stm("silent", "ee", silent),
            stm("gone", "ff", "/dev/none"),
        ]
        found = check_boards(boards, told.append)
    assert [each.verdict for each in found] == [
        Verdict.OK,
        Verdict.OTHER,
        Verdict.OTHER,
        Verdict.SILENT,
        Verdict.SILENT,
    ]
    assert "expected stm32f746 with id bb, seen nrf52840 with id bb" in found[1].why
    assert "expected stm32f746 with id dd, seen stm32f746 with id cc" in found[2].why
    assert "no answer within 1 s while saying hello" in found[3].why
    assert "its port /dev/none is not there" in found[4].why
    assert {each.board.name for each in told} == {board.name for board in boards}


def test_a_latched_board_that_answers_right_is_unlatched_and_another_is_not() -> None:
    with named_boards(("stm32f746", "aa"), ("stm32f746", "bb")) as ports:
        back, swapped = stm("back", "aa", ports[0]), stm("swapped", "cc", ports[1])
        for board in (back, swapped):
            latch(board, "it hung")
        found = check_boards([back, swapped])
    assert [each.verdict for each in found] == [Verdict.OK, Verdict.OTHER]
    assert found[0].was_latched == "it hung"
    assert latched(back) is None
    assert latched(swapped) is not None


def test_a_board_in_use_is_not_asked() -> None:
    with named_boards(("stm32f746", "aa")) as ports:
        board = stm("a", "aa", ports[0])
        with hold(board, "a sweep"):
            (found,) = check_boards([board])
    assert found.verdict is Verdict.IN_USE
    assert "for 'a sweep'" in found.why
