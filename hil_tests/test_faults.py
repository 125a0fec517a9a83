"""A board that misbehaves on purpose is caught. Only a virtual board can be told to, so a second one is started."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from mcubench.boards import parse_board
from mcubench.measure.plan import main_clock
from mcubench.pytest_plugin.measuring import Measure
from mcubench.pytest_plugin.rig import Rig, open_rig

pytestmark = pytest.mark.slow

# The oscillator behind each chip's main clock and its frequency, the nRF52840's as the CPU gets it.
CRYSTALS = {"stm32f746": ("hse_hz", 25e6), "nrf52840": ("hfxo_hz", 64e6)}
# Enough to be caught, and little enough for a UART that runs from it.
OFF = 0.97

StartFaulty = Callable[[str], AbstractContextManager[Rig]]


@pytest.fixture
def start_faulty(pytestconfig: pytest.Config, rig: Rig) -> StartFaulty:
    """Start a virtual board of the same kind and firmware with a fault."""
    if not rig.is_virtual:
        pytest.skip("a real board cannot be told to misbehave; this needs a virtual one")
    board = rig.address.name
    firmware = pytestconfig.getoption("--firmware")
    joint = "&" if "?" in board else "?"
    image = Path(firmware) if firmware else None
    return lambda fault: open_rig(pytestconfig, parse_board(f"{board}{joint}fault={fault}", image))


def test_wrong_crystal_is_caught_by_the_clock_check(start_faulty, rig, models_folder) -> None:
    if rig.info.board not in CRYSTALS:
        pytest.skip(f"the crystal of a virtual {rig.info.board} is not known here")
    name, hz = CRYSTALS[rig.info.board]
    with start_faulty(f"crystal:{name}={hz * OFF:.0f}") as faulty:
        measure = Measure(faulty, models_folder)
        clock = main_clock(measure.clocks)
        record = measure(measure.models[0].name, clock.name, vectors=1)
    assert record.status == "failed"
    assert f"the board believes {clock.hz / 1e6:.2f} MHz (-3" in record.error
    assert record.clock_verified_hz == pytest.approx(clock.hz * OFF, rel=0.005)
    # Cycles are still true; microseconds would not be.
    assert record.cycles_median is not None
    assert record.latency_us_median is None


def test_line_that_flips_bits_changes_no_result(start_faulty, models_folder) -> None:
    with start_faulty("flip:rate=0.0001,seed=1") as faulty:
        measure = Measure(faulty, models_folder)
        record = measure(measure.models[0].name, main_clock(measure.clocks).name, vectors=30)
    assert record.status == "ok", record.error
    assert record.vectors == 30
    assert record.bit_exact
