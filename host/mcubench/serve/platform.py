"""What a Python board is built on: who it is, its clocks, its counter, and what times an inference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from mcubench.serve.engine import OpenModel

__all__ = ["Clock", "LayerTimes", "Platform"]


@dataclass(frozen=True)
class Clock:
    """A clock setting; `details` are the words that describe it in an answer."""

    name: str
    hz: int
    details: Mapping[str, str]


@dataclass(frozen=True)
class LayerTimes:
    """One inference layer by layer: (operator, cycles) of each, the cycles of the whole window, and the output."""

    layers: tuple[tuple[str, int], ...]
    window_cycles: int
    output: bytes


class Platform(Protocol):
    """`counts_time`: the counter is a clock of this PC. `options` are the switches that `set_clock` takes."""

    name: str
    core: str
    uid: str
    counts_time: bool
    toolchain: str
    clocks: tuple[Clock, ...]
    options: tuple[str, ...]

    @property
    def clock(self) -> Clock:
        """The setting that is active, as it is now."""

    def restart(self) -> None:
        """Be as after power-on."""

    def set_clock(self, name: str, options: Mapping[str, bool]) -> None:
        """Take another of `clocks`, with the options that are named."""

    def read_counter(self) -> int:
        """Return the counter modulo 2^32."""

    def measure_overhead(self) -> int:
        """Return what reading the counter costs."""

    def memory(self) -> Mapping[str, int]:
        """Return the words of `info`'s line `memory` that are known."""

    def evict_caches(self) -> None:
        """Make the next inference a cold one."""

    def time_invoke(self, model: OpenModel, overhead_cycles: int) -> int:
        """Run a model once and return its cycles, less the cost of reading; 0 if nothing is left.

        Raises EngineError as the model does.
        """

    def time_layers(self, model: OpenModel) -> LayerTimes | None:
        """Run a model once, layer by layer; None if its engine cannot."""
