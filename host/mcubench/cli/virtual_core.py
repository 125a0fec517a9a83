"""What `mcubench virtual` does for a core that has nothing around it."""

from __future__ import annotations

import signal
import threading
from contextlib import closing
from pathlib import Path

from mcubench.cli.stop import StopSignals
from mcubench.outside import Outside
from mcubench.serve import load_core, run_board
from mcubench.virtual.bare import TIMING_MODEL

__all__ = ["run_core"]


def run_core(firmware: Path, outside: Outside, stops: StopSignals) -> None:
    """Serve the core's image on `outside`; SIGUSR1 pulls its reset pin."""
    with closing(outside):
        image = load_core(firmware)
        reset_pin = threading.Event()
        signal.signal(signal.SIGUSR1, lambda _number, _frame: reset_pin.set())
        print(f"{outside.name} timing_model={TIMING_MODEL}", flush=True)
        run_board(image, outside, stops.stopped, reset_pin)
