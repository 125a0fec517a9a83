"""What `mcubench virtual` does for a core that has nothing around it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from mcubench.cli.stop import StopSignals
from mcubench.errors import InputError
from mcubench.outside import Outside
from mcubench.serve import CORE_NAME, load_core, run_board
from mcubench.virtual.bare import TIMING_MODEL
from mcubench.virtual.faults import BoardFaults, Fault

__all__ = ["run_core"]

# What happens to bytes; there is no chip around the core that could go wrong otherwise.
FAULTS = ("silence", "garbage", "drop", "flip", "double", "slow", "die")
BAUD = 921_600.0


class _FaultyOutside:
    """An outside whose line is bad on purpose."""

    def __init__(self, outside: Outside, faults: BoardFaults) -> None:
        self._outside = outside
        self._faults = faults
        self.name = outside.name
        self.baud: int | None = None

    def read(self) -> bytes:
        return self._faults.to_board(self._outside.read(), BAUD)

    def write(self, data: bytes) -> None:
        self._outside.write(self._faults.to_host(data, BAUD))

    def wait(self, timeout_s: float) -> None:
        self._outside.wait(timeout_s)

    def close(self) -> None:
        self._outside.close()


def run_core(firmware: Path, outside: Outside, faults: Sequence[Fault], stops: StopSignals) -> None:
    """Serve the core's image on `outside`; SIGUSR1 pulls its reset pin. InputError for a fault that it cannot have."""
    with closing(outside):
        for fault in faults:
            if fault.name not in FAULTS:
                raise InputError(f"fault '{fault.name}': {CORE_NAME} can have {', '.join(FAULTS)}")
        image = load_core(firmware)
        reset_pin = threading.Event()
        signal.signal(signal.SIGUSR1, lambda _number, _frame: reset_pin.set())
        print(f"{outside.name} timing_model={TIMING_MODEL}", flush=True)
        run_board(image, _FaultyOutside(outside, BoardFaults(faults)), stops.stopped, reset_pin)
