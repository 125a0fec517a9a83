"""The clock tree as arithmetic, against settings worked out by hand from RM0385."""

from __future__ import annotations

import pytest

from mcubench.virtual.clock_tree import (
    ClockRegisters,
    Oscillators,
    PowerState,
    broken_limits,
    needed_wait_states,
    solve,
)

BOARD = Oscillators(hsi_hz=16e6, hse_hz=25e6)
PLL_ON_HSE = 25 | 432 << 6 | 1 << 22  # 25 MHz / 25 * 432 / 2 = 216 MHz
SYSTEM_IS_PLL = 2 << 2


def test_reset_values_run_everything_from_the_hsi() -> None:
    clocks = solve(ClockRegisters(0x24003010, 0, pll_on=False), BOARD)
    assert (clocks.sysclk_hz, clocks.hclk_hz, clocks.pclk1_hz, clocks.pclk2_hz) == (16e6, 16e6, 16e6, 16e6)
    assert clocks.pll_hz is None


def test_buses_divide_the_core_clock() -> None:
    clocks = solve(ClockRegisters(PLL_ON_HSE, SYSTEM_IS_PLL | 8 << 4 | 5 << 10 | 4 << 13, pll_on=True), BOARD)
    assert (clocks.sysclk_hz, clocks.hclk_hz, clocks.pclk1_hz, clocks.pclk2_hz) == (216e6, 108e6, 27e6, 54e6)


@pytest.mark.parametrize(("p_bits", "hz"), [(0, 216e6), (1, 108e6), (2, 72e6), (3, 54e6)])
def test_pll_output_divider(p_bits: int, hz: float) -> None:
    assert solve(ClockRegisters(PLL_ON_HSE | p_bits << 16, 0, pll_on=True), BOARD).pll_hz == hz


@pytest.mark.parametrize(
    ("hz", "states"), [(16e6, 0), (30e6, 0), (48e6, 1), (120e6, 3), (144e6, 4), (180e6, 5), (216e6, 7), (288e6, 9)]
)
def test_one_wait_state_for_every_30_mhz(hz: float, states: int) -> None:
    assert needed_wait_states(hz) == states


@pytest.mark.parametrize(
    ("scale", "overdrive", "broken"),
    [(1, True, set()), (1, False, {"hclk", "pclk1", "pclk2"}), (3, False, {"hclk", "pclk1", "pclk2"})],
)
def test_216_mhz_needs_scale_1_and_overdrive(scale: int, overdrive: bool, broken: set[str]) -> None:
    clocks = solve(ClockRegisters(PLL_ON_HSE, SYSTEM_IS_PLL | 5 << 10 | 4 << 13, pll_on=True), BOARD)
    assert {key for key, _ in broken_limits(clocks, PowerState(scale, overdrive, 7))} == broken


def test_vco_limits() -> None:
    clocks = solve(ClockRegisters(10 | 432 << 6 | 1 << 22, 0, pll_on=True), BOARD)
    assert {key for key, _ in broken_limits(clocks, PowerState(1, True, 7))} == {"vco input", "vco output"}
