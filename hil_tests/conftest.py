"""What several files of the suite use: a clock that makes nothing slow, and vectors for tests of the line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from mcubench.protocol import Board, BoardInfo, ModelInfo


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


@pytest.fixture
def fastest(dut: Board) -> str:
    """Select the fastest clock setting that the data sheet allows, with its default options; return its name."""
    setting = max((each for each in dut.clocks().settings if not each.overclock), key=lambda each: each.hz)
    return dut.set_clock(setting.name).name


@pytest.fixture
def streaming(dut: Board, fastest: str) -> Streaming:
    """Select the first model with int8 or uint8 input, of which any byte is a number; the stream begins at offset 0."""
    models = [each for each in dut.models() if each.input_type in ("int8", "uint8")]
    if not models:
        pytest.skip("the image has no model with int8 or uint8 input")
    return Streaming(dut.info(), fastest, dut.select(models[0].name))
