from __future__ import annotations

import pytest

from mcubench.boards import BoardAddress, check_identity
from mcubench.errors import RigError


@pytest.mark.parametrize(("board", "uid"), [(None, None), ("nrf52840", None), (None, "AABB"), ("nrf52840", "aabb")])
def test_the_board_that_was_meant_may_answer(board: str | None, uid: str | None) -> None:
    check_identity(BoardAddress("a", port="/dev/x", expected_board=board, expected_uid=uid), "nrf52840", "aabb")


@pytest.mark.parametrize(
    ("board", "uid", "expected"),
    [
        ("stm32f746", None, "a: another board answers at /dev/x: expected stm32f746, seen nrf52840 with id aabb"),
        ("nrf52840", "aabc", "expected nrf52840 with id aabc, seen nrf52840 with id aabb; mend the rig file"),
        (None, "aabbcc", "expected a board with id aabbcc, seen"),
    ],
)
def test_another_board_is_a_failure_of_the_rig(board: str | None, uid: str | None, expected: str) -> None:
    with pytest.raises(RigError) as caught:
        check_identity(BoardAddress("a", port="/dev/x", expected_board=board, expected_uid=uid), "nrf52840", "aabb")
    assert expected in str(caught.value)
    assert caught.value.exit_code == 3
