"""The counter of a Python board, a steady clock, and the timed window."""

from __future__ import annotations

import gc
import time

import numpy as np

from mcubench.serve.engine import OpenModel

__all__ = ["COUNTER_HZ", "evict_caches", "has_passed", "measure_overhead", "read_counter", "time_invoke"]

# Finer than a call from Python can be timed, and slow enough to wrap only after 43 s, which a large network may take.
COUNTER_HZ = 100_000_000
_NANOSECONDS_PER_TICK = 1_000_000_000 // COUNTER_HZ
_MASK = 0xFFFF_FFFF
OVERHEAD_READINGS = 32
# Many times what a core has for itself.
EVICTION_BYTES = 64 << 20


def read_counter() -> int:
    """Return the counter modulo 2^32."""
    return time.perf_counter_ns() // _NANOSECONDS_PER_TICK & _MASK


def has_passed(since: int, span_s: float) -> bool:
    """Tell whether `span_s` have passed since the counter was `since`."""
    return _span(since, read_counter()) >= span_s * COUNTER_HZ


def measure_overhead() -> int:
    """Return what a reading costs: the least of several."""
    return min(_span(read_counter(), read_counter()) for _ in range(OVERHEAD_READINGS))


def time_invoke(model: OpenModel, overhead_cycles: int) -> int:
    """Run a model once and return its ticks, less the cost of reading; 0 if nothing is left, which is no measurement.

    Raises EngineError as the model does.
    """
    gc.disable()
    try:
        start = read_counter()
        model.invoke()
        stop = read_counter()
    finally:
        gc.enable()
    return max(0, _span(start, stop) - overhead_cycles)


def evict_caches() -> None:
    """Fill the processor's caches with something else: a program cannot empty them."""
    np.zeros(EVICTION_BYTES, np.uint8).fill(1)


def _span(start: int, stop: int) -> int:
    return (stop - start) & _MASK
