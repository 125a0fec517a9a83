"""A board that misbehaves on purpose is caught. Only a virtual board can be told to, so a second one is started."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from mcubench.boards import parse_board
from mcubench.pytest_plugin.measuring import Measure
from mcubench.pytest_plugin.rig import Rig, open_rig

pytestmark = pytest.mark.slow

StartFaulty = Callable[[str], AbstractContextManager[Rig]]


@pytest.fixture
def start_faulty(pytestconfig: pytest.Config, rig: Rig) -> StartFaulty:
    """Start a virtual board of the same kind and firmware with a fault."""
    if not rig.is_virtual:
        pytest.skip("a real board cannot be told to misbehave; this needs a virtual one")
    board = rig.address.name.partition("?")[0]
    firmware = pytestconfig.getoption("--firmware")
    return lambda fault: open_rig(pytestconfig, parse_board(f"{board}?fault={fault}", firmware))


def test_wrong_crystal_is_caught_by_the_clock_check(start_faulty, models_folder) -> None:
    with start_faulty("crystal:hse_hz=24000000") as faulty:  # the firmware believes in 25 MHz
        measure = Measure(faulty, models_folder)
        record = measure(measure.models[0].name, "216", vectors=1)
    assert record.status == "failed"
    assert "the CPU runs at 207" in record.error
    assert record.clock_verified_hz == pytest.approx(216e6 * 24 / 25, rel=0.005)
    # Cycles are still true; microseconds would not be.
    assert record.cycles_median is not None
    assert record.latency_us_median is None


def test_line_that_flips_bits_changes_no_result(start_faulty, models_folder) -> None:
    with start_faulty("flip:rate=0.0001,seed=1") as faulty:
        measure = Measure(faulty, models_folder)
        record = measure(measure.models[0].name, "216", vectors=30)
    assert record.status == "ok", record.error
    assert record.vectors == 30
    assert record.bit_exact
