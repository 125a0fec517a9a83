"""The clock tree of STM32F75x / F74x: true frequencies out of register values, and the limits they break.

RM0385 chapter 5 (RCC), 3.3.2 (wait states), 4.1.4 (voltage scaling, over-drive); DS10916 general operating conditions.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ClockRegisters", "Clocks", "Oscillators", "PowerState", "broken_limits", "needed_wait_states", "solve"]

_PLLP = (2, 4, 6, 8)
_AHB_DIVIDERS = (2, 4, 8, 16, 64, 128, 256, 512)  # HPRE 8 to 15
_APB_DIVIDERS = (2, 4, 8, 16)  # PPRE 4 to 7
# One wait state for every 30 MHz of HCLK at 2.7 to 3.6 V, which is what the board runs at (RM0385 table 5).
_HZ_PER_WAIT_STATE = 30e6
# Highest HCLK by voltage scale, without and with over-drive.
_HIGHEST_HCLK_HZ = {3: (144e6, 144e6), 2: (168e6, 180e6), 1: (180e6, 216e6)}
_HIGHEST_PCLK_HZ = {1: (45e6, 54e6), 2: (90e6, 108e6)}
_VCO_INPUT_HZ = (0.95e6, 2.1e6)
_VCO_OUTPUT_HZ = (100e6, 432e6)
# A crystal a little above its nominal value is no reason to complain.
_SLACK = 1.002


@dataclass(frozen=True)
class Oscillators:
    """True frequencies of the clock sources on the board."""

    hsi_hz: float
    hse_hz: float
    lse_hz: float = 32768.0
    lsi_hz: float = 32000.0


@dataclass(frozen=True)
class ClockRegisters:
    """RCC_PLLCFGR as it was when the PLL was switched on, RCC_CFGR, and whether the PLL runs."""

    pllcfgr: int
    cfgr: int
    pll_on: bool


@dataclass(frozen=True)
class PowerState:
    """Voltage scale 1 to 3, over-drive switched on, and flash wait states."""

    scale: int
    overdrive: bool
    wait_states: int


@dataclass(frozen=True)
class Clocks:
    """True frequencies; `pll_hz` and those of the VCO are None while the PLL is off."""

    sysclk_hz: float
    hclk_hz: float
    pclk1_hz: float
    pclk2_hz: float
    vco_input_hz: float | None
    vco_output_hz: float | None
    pll_hz: float | None


def solve(registers: ClockRegisters, oscillators: Oscillators) -> Clocks:
    """Return the frequencies that the registers make of the oscillators; the system clock is the one SWS shows."""
    vco_input = vco_output = pll = None
    if registers.pll_on:
        vco_input, vco_output, pll = _pll(registers.pllcfgr, oscillators)
    source = registers.cfgr >> 2 & 3
    sysclk = (oscillators.hsi_hz, oscillators.hse_hz, pll or oscillators.hsi_hz, oscillators.hsi_hz)[source]
    hpre = registers.cfgr >> 4 & 0xF
    hclk = sysclk / (_AHB_DIVIDERS[hpre - 8] if hpre >= 8 else 1)
    return Clocks(
        sysclk_hz=sysclk,
        hclk_hz=hclk,
        pclk1_hz=hclk / _apb_divider(registers.cfgr >> 10 & 7),
        pclk2_hz=hclk / _apb_divider(registers.cfgr >> 13 & 7),
        vco_input_hz=vco_input,
        vco_output_hz=vco_output,
        pll_hz=pll,
    )


def needed_wait_states(hclk_hz: float) -> int:
    """Return the fewest flash wait states for `hclk_hz` at 2.7 to 3.6 V."""
    states = 0
    while hclk_hz > (states + 1) * _HZ_PER_WAIT_STATE * _SLACK:
        states += 1
    return states


def broken_limits(clocks: Clocks, power: PowerState) -> Iterator[tuple[str, str]]:
    """Yield a key and a sentence for every limit of the data sheet that the clocks exceed (over-clocking)."""
    if clocks.vco_input_hz is not None and clocks.vco_output_hz is not None:
        low, high = _VCO_INPUT_HZ
        if not low <= clocks.vco_input_hz <= high:
            yield "vco input", f"PLL: VCO input {clocks.vco_input_hz / 1e6:g} MHz is outside 0.95 to 2.1 MHz"
        low, high = _VCO_OUTPUT_HZ
        if not low <= clocks.vco_output_hz <= high * _SLACK:
            yield "vco output", f"PLL: VCO output {clocks.vco_output_hz / 1e6:g} MHz is outside 100 to 432 MHz"
    highest = _HIGHEST_HCLK_HZ[power.scale][power.overdrive]
    if clocks.hclk_hz > highest * _SLACK:
        state = f"voltage scale {power.scale} {'with' if power.overdrive else 'without'} over-drive"
        yield "hclk", f"HCLK {clocks.hclk_hz / 1e6:g} MHz is above {highest / 1e6:g} MHz, the limit at {state}"
    for bus, hz in ((1, clocks.pclk1_hz), (2, clocks.pclk2_hz)):
        limit = _HIGHEST_PCLK_HZ[bus][power.overdrive]
        if hz > limit * _SLACK:
            yield f"pclk{bus}", f"PCLK{bus} {hz / 1e6:g} MHz is above its limit of {limit / 1e6:g} MHz"


def _pll(pllcfgr: int, oscillators: Oscillators) -> tuple[float, float, float]:
    source = oscillators.hse_hz if pllcfgr >> 22 & 1 else oscillators.hsi_hz
    vco_input = source / max(1, pllcfgr & 0x3F)
    vco_output = vco_input * (pllcfgr >> 6 & 0x1FF)
    return vco_input, vco_output, vco_output / _PLLP[pllcfgr >> 16 & 3]


def _apb_divider(ppre: int) -> int:
    return _APB_DIVIDERS[ppre - 4] if ppre >= 4 else 1
