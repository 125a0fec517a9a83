"""The fixtures that tests on a board use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from mcubench.errors import InputError
from mcubench.protocol import Board
from mcubench.pytest_plugin.dut import Dut
from mcubench.pytest_plugin.latency import LatencyBaseline
from mcubench.pytest_plugin.measuring import Measure
from mcubench.pytest_plugin.metrics import MetricRecorder
from mcubench.pytest_plugin.opening import open_dut
from mcubench.pytest_plugin.outcome import state_of
from mcubench.pytest_plugin.rig import Rig, home_folder, rig_of
from mcubench.pytest_plugin.selection import SelectedBoard
from mcubench.pytest_plugin.wire import Wire
from mcubench.store import Record

__all__ = [
    "board",
    "dut",
    "dut_scope",
    "latency_baseline",
    "measure",
    "models_folder",
    "record_metric",
    "rig",
    "sweep",
    "wire",
]

Scope = Literal["session", "module", "class", "function"]

DEFAULT_BASELINE = Path("hil_tests", "baseline.json")


def dut_scope(fixture_name: str, config: pytest.Config) -> Scope:
    """Return the scope of the fixture `dut`: `@pytest.fixture(scope=dut_scope)` makes one that may use it."""
    del fixture_name
    scope: Scope = config.getoption("--dut-scope")
    return scope


@pytest.fixture(scope="session")
def rig(pytestconfig: pytest.Config) -> Rig:
    """The boards that the options name, and where logs and figures go; one for each process of a session."""
    return rig_of(pytestconfig)


@pytest.fixture(scope=dut_scope)
def dut(request: pytest.FixtureRequest, rig: Rig) -> Iterator[Dut]:
    """The device under test, open and ours for as long as --dut-scope says: `dut.run("mnist-int8").latency_us.p95`."""
    selected: SelectedBoard | None = getattr(request, "param", None)
    if selected is None:
        if len(rig.boards) > 1:
            raise InputError("there are several boards to test on; name 'dut' among the arguments of the test")
        selected = rig.boards[0]
    with open_dut(rig, selected) as opened:
        yield opened


@pytest.fixture
def board(dut: Dut) -> Board:
    """The client of the board's protocol, in step. Its clock and its model are what the last test left."""
    return dut.resynchronise()


@pytest.fixture
def wire(rig: Rig, board: Board) -> Wire:
    """The line of the board, for tests below the protocol's client."""
    wire = Wire(board.channel, rig.timeout_multiplier)
    wire.settle()
    return wire


@pytest.fixture(scope="session")
def models_folder(rig: Rig) -> Path:
    """The folder of model folders."""
    return rig.models_folder


@pytest.fixture(scope=dut_scope)
def measure(dut: Dut) -> Measure:
    """Measure a point: `measure("mnist-int8", "216", vectors=30)` gives its record, the second time from memory."""
    return Measure(dut)


@pytest.fixture(scope=dut_scope)
def sweep(measure: Measure) -> list[Record]:
    """Sweep every model in the image over every clock that the data sheet allows: once, for all who look at it."""
    return measure.sweep()


@pytest.fixture(scope="session")
def latency_baseline(pytestconfig: pytest.Config) -> Iterator[LatencyBaseline]:
    """The accepted latencies; with --update-baseline those that a test compares are accepted instead."""
    named = pytestconfig.getoption("--latency-baseline")
    path = Path(named) if named else home_folder(pytestconfig) / DEFAULT_BASELINE
    baseline = LatencyBaseline(path, pytestconfig.getoption("--update-baseline"))
    yield baseline
    baseline.save()


@pytest.fixture
def record_metric(request: pytest.FixtureRequest, dut: Dut) -> MetricRecorder:
    """Record a figure: `record_metric("latency", 61.2, "ms", "measured")`."""
    # Not through pytest's record_property, which warns that one of the two JUnit dialects does not know properties.
    state = state_of(request.node)
    assert state is not None, "a test with this fixture uses a board"
    return MetricRecorder(request.node.nodeid, dut.info, state.metrics)
