"""`run`: inferences with nothing moving on the wire."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

from mcubench.serve.platform import Platform
from mcubench.serve.session import Session

__all__ = ["Runs", "time_runs"]


@dataclass(frozen=True)
class Runs:
    """Ticks of every inference; `stable` tells whether the output was the same after each."""

    cycles: tuple[int, ...]
    input_crc32: int
    output_crc32: int
    stable: bool


def time_runs(session: Session, platform: Platform, count: int, cold: bool, overhead_cycles: int) -> Runs | None:
    """Time `count` inferences of the last vector; None if the counter showed no time, EngineError as the model does."""
    cycles: list[int] = []
    outputs: list[int] = []
    input_crc32 = 0
    for _ in range(count):
        input_crc32 = session.load()
        if cold:
            platform.evict_caches()
        cycles.append(platform.time_invoke(session.model, overhead_cycles))
        outputs.append(zlib.crc32(session.model.output()))
    if 0 in cycles:
        return None
    return Runs(tuple(cycles), input_crc32, outputs[-1], len(set(outputs)) == 1)
