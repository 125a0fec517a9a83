"""Timing one inference on a Python board, with a model that takes no time worth telling."""

from __future__ import annotations

from mcubench.serve import Network
from mcubench.serve.pc import PcPlatform
from mcubench.serve.session import Session
from mcubench.serve.timing import time_runs

# What a reading of the counter is said to cost: more than the inference takes.
OVERHEAD_TICKS = 1 << 31


class Nothing:
    """An open model of one byte that computes nothing."""

    arena_bytes: int | None = None

    def set_input(self, data: bytes) -> None:
        pass

    def invoke(self) -> None:
        pass

    def output(self) -> bytes:
        return b"\0"


def test_a_time_of_nothing_is_no_measurement() -> None:
    session = Session(0, Network("nothing", "00", b"", "int8", (1,), 1, "int8", 1, 1), Nothing())
    assert time_runs(session, PcPlatform(), 3, cold=False, overhead_cycles=OVERHEAD_TICKS) is None
