"""This PC as what a Python board is built on: one clock setting, and a steady clock for a counter."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping

from mcubench.serve import counter
from mcubench.serve.engine import OpenModel
from mcubench.serve.machine import machine_uid
from mcubench.serve.platform import Clock, LayerTimes
from mcubench.serve.processor import processor_name

__all__ = ["PcPlatform"]

_CLOCK = Clock("host", counter.COUNTER_HZ, {"source": "monotonic"})


class PcPlatform:
    """There is no flash, and Python's memory says nothing about a model's."""

    name = "python"
    counts_time = True
    clocks: tuple[Clock, ...] = (_CLOCK,)
    options: tuple[str, ...] = ()
    clock = _CLOCK

    def __init__(self) -> None:
        self.core = processor_name()
        self.uid = machine_uid()
        self.toolchain = f"{sys.implementation.name}-{platform.python_version()}"

    def restart(self) -> None:
        """Nothing of a PC is reset."""

    def set_clock(self, name: str, options: Mapping[str, bool]) -> None:
        """There is but one."""

    def read_counter(self) -> int:
        """Return the steady clock's ticks."""
        return counter.read_counter()

    def measure_overhead(self) -> int:
        """Return the least that a reading costs."""
        return counter.measure_overhead()

    def memory(self) -> Mapping[str, int]:
        """Return nothing: none of it can be known."""
        return {}

    def evict_caches(self) -> None:
        """Fill the caches with something else."""
        counter.evict_caches()

    def time_invoke(self, model: OpenModel, overhead_cycles: int) -> int:
        """Return the ticks of one inference."""
        return counter.time_invoke(model, overhead_cycles)

    def time_layers(self, model: OpenModel) -> LayerTimes | None:
        """Return None: no engine here shows its layers."""
