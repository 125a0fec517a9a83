"""What is known of cores and boards, and what settings are worth: the figures that findings are held against.

Cycles per MAC are modelled, of layers of some size with GCC 12.2 on the virtual boards (docs/speed.md and
docs/cortex-m0.md); they say how much to expect, not what a board will show.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BOARDS", "CORES", "Board", "Core", "core_of"]


@dataclass(frozen=True)
class Core:
    """What a core has, and cycles per MAC of int8 layers that the generated engine reaches on it (docs/speed.md)."""

    dsp: bool
    fpu: bool
    cycles_per_mac: dict[str, float]


@dataclass(frozen=True)
class Board:
    """Fastest clock of the data sheet; clock step after which one more flash wait state is due, None for none."""

    fastest_hz: int
    wait_state_hz: int | None


CORES = {
    "cortex-m7": Core(True, True, {"pointwise": 0.9, "convolution": 0.9, "depthwise": 3.1, "dense": 1.3}),
    "cortex-m4": Core(True, True, {"pointwise": 1.8, "convolution": 1.7, "depthwise": 5.6, "dense": 2.5}),
    "cortex-m0": Core(False, False, {"dense": 7.0}),
}
BOARDS = {
    # DS10916; one wait state per 30 MHz from 2.7 V on: RM0385 table 5.
    "stm32f746": Board(216_000_000, 30_000_000),
    "nrf52840": Board(64_000_000, None),
    "esp32": Board(240_000_000, None),
}


def core_of(name: str) -> Core | None:
    """Return what is known of the core that a board reports."""
    return CORES.get(name)
