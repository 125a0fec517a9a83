"""What several files of the suite use: the sweep they look at, a fast clock, and vectors for tests of the line."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mcubench.measure.plan import main_clock
from mcubench.protocol import Board, BoardInfo, ModelInfo
from mcubench.pytest_plugin.measuring import Measure
from mcubench.store import Record

# A wrong wait state or voltage shows at one clock only, so outputs are checked at each; at length at one.
VECTORS_AT_MAIN_CLOCK = 300
VECTORS_ELSEWHERE = 30
# Of pytest-timeout, for the test that starts the sweep; a virtual board on a busy machine needs minutes.
SWEEP_TIMEOUT_S = 1800


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give tests that wait for the sweep more time than others."""
    if config.pluginmanager.hasplugin("timeout"):
        for item in items:
            if "sweep" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.timeout(SWEEP_TIMEOUT_S))


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


@pytest.fixture(scope="session")
def sweep(measure: Measure) -> list[Record]:
    """Sweep every model in the image over every clock that the data sheet allows: once, for all who look at it."""
    clocks = measure.clocks
    main = main_clock(clocks)
    return [
        measure(model.name, clock.name, VECTORS_AT_MAIN_CLOCK if clock is main else VECTORS_ELSEWHERE)
        for model in measure.models
        for clock in clocks
    ]


@pytest.fixture(scope="session")
def records(sweep: list[Record]) -> list[Record]:
    """The points of the sweep that could be measured; test_outputs.py tells of the others."""
    good = [each for each in sweep if each.status == "ok"]
    if not good:
        pytest.fail(f"no point could be measured, the first because: {sweep[0].error}")
    return good


@pytest.fixture
def cycles(dut: Board) -> None:
    """Skip on a board that counts time, such as a PC: it reports no cycles and has no clock setting."""
    if dut.info().counts_time:
        pytest.skip("this board counts time, not cycles")


@pytest.fixture
def fastest(dut: Board) -> str:
    """Select the fastest clock setting that the data sheet allows, with its default options; return its name."""
    return dut.set_clock(main_clock(dut.clocks().settings).name).name


@pytest.fixture
def streaming(dut: Board, fastest: str) -> Streaming:
    """Select the first model with int8 or uint8 input, of which any byte is a number; the stream begins at offset 0."""
    models = [each for each in dut.models() if each.input_type in ("int8", "uint8")]
    if not models:
        pytest.skip("the image has no model with int8 or uint8 input")
    return Streaming(dut.info(), fastest, dut.select(models[0].name))
