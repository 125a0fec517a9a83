"""A board that misbehaves on purpose is caught. Only a virtual board can be told to, so a second one is started."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from mcubench.boards import find_image, known_board
from mcubench.errors import InputError
from mcubench.measure.plan import main_clock
from mcubench.pytest_plugin.dut import Dut
from mcubench.pytest_plugin.measuring import Measure
from mcubench.pytest_plugin.opening import open_dut
from mcubench.pytest_plugin.rig import Rig
from mcubench.pytest_plugin.selection import SelectedBoard

pytestmark = pytest.mark.slow

# The oscillator behind each chip's main clock and its frequency, the nRF52840's as the CPU gets it.
CRYSTALS = {"stm32f746": ("hse_hz", 25e6), "nrf52840": ("hfxo_hz", 64e6)}
# Enough to be caught, and little enough for a UART that runs from it.
OFF = 0.97

StartFaulty = Callable[[str], AbstractContextManager[Dut]]


@pytest.fixture
def start_faulty(pytestconfig: pytest.Config, rig: Rig, dut: Dut) -> StartFaulty:
    """Start a virtual board of the same kind and engine with a fault."""
    info = dut.info
    chip = known_board(info.board)
    if not dut.is_virtual or chip is None:
        pytest.skip("a real board cannot be told to misbehave; this needs a virtual one")
    if not pytestconfig.getoption("--firmware"):
        try:
            find_image(chip, info.engine)
        except InputError as exc:
            pytest.skip(f"a second virtual board has nothing to run here: {exc}")
    name = f"virtual:{info.board}?engine={info.engine}"
    return lambda fault: open_dut(rig, SelectedBoard(f"{name}&fault={fault}", info.board))


def test_wrong_crystal_is_caught_by_the_clock_check(start_faulty, dut) -> None:
    if dut.info.board not in CRYSTALS:
        pytest.skip(f"the crystal of a virtual {dut.info.board} is not known here")
    name, hz = CRYSTALS[dut.info.board]
    with start_faulty(f"crystal:{name}={hz * OFF:.0f}") as faulty:
        measure = Measure(faulty)
        clock = main_clock(measure.clocks)
        record = measure(measure.models[0].name, clock.name, vectors=1)
    assert record.status == "failed"
    assert f"the board believes {clock.hz / 1e6:.2f} MHz (-" in record.error
    assert record.clock_verified_hz == pytest.approx(clock.hz * OFF, rel=0.005)
    # Cycles are still true; microseconds would not be.
    assert record.cycles_median is not None
    assert record.latency_us_median is None


def test_line_that_flips_bits_changes_no_result(start_faulty) -> None:
    with start_faulty("flip:rate=0.0001,seed=1") as faulty:
        measure = Measure(faulty)
        record = measure(measure.models[0].name, main_clock(measure.clocks).name, vectors=30)
    assert record.status == "ok", record.error
    assert record.vectors == 30
    assert record.bit_exact
