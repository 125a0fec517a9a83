"""What several files of the suite use: the good points of the sweep, a fast clock, vectors for tests of the line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mcubench.measure.plan import main_clock
from mcubench.protocol import Board, BoardInfo, ModelInfo
from mcubench.pytest_plugin import dut_scope
from mcubench.store import Record


@dataclass(frozen=True)
class Streaming:
    """The selected clock and model of the board, and vectors whose values do not matter."""

    board: BoardInfo
    clock: str
    model: ModelInfo

    def vector(self, index: int) -> bytes:
        """Return vector `index` of the stream: bytes that are zeros in part, and different for every index."""
        return bytes((7 * index + place * (place % 5 != 0)) % 101 for place in range(self.model.input_bytes))

    def payload(self, count: int) -> bytes:
        """Return the first `count` vectors, one after the other."""
        return b"".join(self.vector(index) for index in range(count))


@pytest.fixture(scope=dut_scope)
def records(sweep: list[Record]) -> list[Record]:
    """The points of the sweep that could be measured; test_outputs.py tells of the others."""
    good = [each for each in sweep if each.status == "ok"]
    if not good:
        pytest.fail(f"no point could be measured, the first because: {sweep[0].error}")
    return good


@pytest.fixture
def cycles(board: Board) -> None:
    """Skip on a board that counts time, such as a PC: it reports no cycles and has no clock setting."""
    if board.info().counts_time:
        pytest.skip("this board counts time, not cycles")


@pytest.fixture
def fastest(board: Board) -> str:
    """Select the fastest clock setting that the data sheet allows, with its default options; return its name."""
    return board.set_clock(main_clock(board.clocks().settings).name).name


@pytest.fixture
def streaming(board: Board, fastest: str) -> Streaming:
    """Select the first model with int8 or uint8 input, of which any byte is a number; the stream begins at offset 0."""
    models = [each for each in board.models() if each.input_type in ("int8", "uint8")]
    if not models:
        pytest.skip("the image has no model with int8 or uint8 input")
    return Streaming(board.info(), fastest, board.select(models[0].name))
