"""The power supply of a Python board: runs it on a line, and anew after every reset."""

from __future__ import annotations

import threading
from collections.abc import Callable

from mcubench.outside import Outside
from mcubench.serve.board import ServedBoard
from mcubench.serve.image import Image

__all__ = ["run_board"]

# How long a silent line is waited on at once: so late are a stop and the rules that name milliseconds noticed.
IDLE_WAIT_S = 0.02


def run_board(
    image: Image, outside: Outside, stopped: Callable[[], bool], reset_pin: threading.Event | None = None
) -> None:
    """Run a board on `outside` until `stopped`; whoever sets `reset_pin` resets it."""
    pin = reset_pin or threading.Event()
    boot_count, boot_cause = 1, "power-on"
    while not stopped():
        board = ServedBoard(image, boot_count, boot_cause, outside.write)
        while not (board.reset_wanted or pin.is_set() or stopped()):
            data = outside.read()
            if data:
                board.receive(data)
            else:
                board.note_silence()
                outside.wait(IDLE_WAIT_S)
        boot_count, boot_cause = boot_count + 1, "pin" if pin.is_set() else "software"
        pin.clear()
