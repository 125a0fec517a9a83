"""The image that speaks as the field's standard runner expects it, on the virtual board."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from pio import PROJECT, build_image

from mcubench.boards import open_board, parse_board
from mcubench.errors import ProtocolError
from mcubench.models import read_model, read_vectors

sys.path.insert(0, str(PROJECT / "tools"))

from lockstep import LockStepBoard


@pytest.fixture(scope="module")
def board() -> Iterator[LockStepBoard]:
    """The board with the models of platformio.ini, the first of which it begins with."""
    image = build_image("stm32f746-lockstep-local")
    with open_board(parse_board("virtual:stm32f746", image.path)) as opened:
        board = LockStepBoard(opened.link)
        board.connect()
        board.command("clock 216")
        yield board


def test_results_are_the_golden_outputs_to_three_decimals(board: LockStepBoard) -> None:
    vectors = read_vectors(read_model(PROJECT / "models" / "mnist-int8")).first(3)
    for sent, golden in zip(vectors.inputs, vectors.outputs, strict=True):
        expected = (golden.astype(np.float64).ravel() + 128) / 256
        assert board.infer(sent.tobytes()) == pytest.approx(list(expected), abs=0.001)


def test_answers_are_those_of_the_standard_firmware(board: LockStepBoard) -> None:
    assert board.command("db load 4") == ["m-[Expecting 4 bytes]"]
    assert board.command("db 0102") == []
    assert board.command("db 0304") == ["m-load-done"]
    lines = board.command("infer 1 0")
    assert [line.rstrip("0123456789") for line in lines[:-1]] == [
        *("m-warmup-start-", "m-warmup-done", "m-infer-start-"),
        *("m-lap-us-", "m-lap-us-", "m-infer-done"),
    ]


def test_unknown_command_is_an_error(board: LockStepBoard) -> None:
    with pytest.raises(ProtocolError, match="Unknown command"):
        board.command("nonsense")


def test_rate_can_be_changed(board: LockStepBoard) -> None:
    board.set_baud(2_000_000)
    assert board.microseconds() >= 0
    board.set_baud(1_000_000)
    assert board.microseconds() >= 0
