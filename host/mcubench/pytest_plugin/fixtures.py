"""The fixtures that tests on a board use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mcubench.models import find_models_folder
from mcubench.protocol import Board
from mcubench.pytest_plugin.latency import LatencyBaseline
from mcubench.pytest_plugin.measuring import Measure
from mcubench.pytest_plugin.metrics import MetricRecorder
from mcubench.pytest_plugin.reporting import RIG_KEY
from mcubench.pytest_plugin.rig import Rig, board_address, open_rig
from mcubench.pytest_plugin.wire import Wire

__all__ = ["dut", "latency_baseline", "measure", "models_folder", "record_metric", "rig", "wire"]

DEFAULT_BASELINE = Path("hil_tests", "baseline.json")


@pytest.fixture(scope="session")
def rig(pytestconfig: pytest.Config) -> Iterator[Rig]:
    """The board under test, open for the whole session: --port, or a virtual board that is started for it."""
    with open_rig(pytestconfig, board_address(pytestconfig)) as opened:
        pytestconfig.stash[RIG_KEY] = opened
        yield opened


@pytest.fixture
def dut(rig: Rig) -> Board:
    """The device under test: a board that answers. Its clock and its model are what the last test left."""
    return rig.resynchronise()


@pytest.fixture
def wire(rig: Rig, dut: Board) -> Wire:
    """The line of the board, for tests below the protocol's client."""
    return Wire(dut.channel, rig.timeout_multiplier)


@pytest.fixture(scope="session")
def models_folder(pytestconfig: pytest.Config) -> Path:
    """The folder of model folders."""
    named = pytestconfig.getoption("--models")
    return find_models_folder(Path(named) if named else None)


@pytest.fixture(scope="session")
def measure(rig: Rig, models_folder: Path) -> Measure:
    """Measure a point: `measure("mnist-int8", "216", vectors=30)` gives its record, the second time from memory."""
    return Measure(rig, models_folder)


@pytest.fixture(scope="session")
def latency_baseline(pytestconfig: pytest.Config) -> Iterator[LatencyBaseline]:
    """The accepted latencies; with --update-baseline those that a test compares are accepted instead."""
    named = pytestconfig.getoption("--latency-baseline")
    path = Path(named) if named else pytestconfig.rootpath / DEFAULT_BASELINE
    baseline = LatencyBaseline(path, pytestconfig.getoption("--update-baseline"))
    yield baseline
    baseline.save()


@pytest.fixture
def record_metric(request: pytest.FixtureRequest, rig: Rig) -> MetricRecorder:
    """Record a figure: `record_metric("latency", 61.2, "ms", "measured")`."""
    # Not through pytest's record_property, which warns that one of the two JUnit dialects does not know properties.
    properties = request.node.user_properties
    return MetricRecorder(request.node.nodeid, rig.info, rig.log_dir / "metrics.jsonl", properties)
