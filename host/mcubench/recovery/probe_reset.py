"""A debug probe that resets the chip, by the program pyocd."""

from __future__ import annotations

import sys
from pathlib import Path

from mcubench.recovery.program import find_program, run_program
from mcubench.recovery.rung import Rung

__all__ = ["DebugProbe"]

PROGRAM = "pyocd"
HOW_TO_GET = "install it: pip install pyocd"
# Any Cortex-M is reset alike. With pyocd's own target nrf52840 a protected chip would be erased by connecting (option
# auto_unlock, pyocd/core/options.py of 0.46.0), and for the STM32F746 it has no target before one is downloaded.
TARGET = "cortex_m"


class DebugProbe:
    """`probe_id` is the USB serial number of an ST-LINK, a J-Link or a CMSIS-DAP probe."""

    rung = Rung.DEBUG_PROBE

    def __init__(self, probe_id: str) -> None:
        # pyocd has the serial number of a J-Link as a number (0.46.0, probe/jlink_probe.py), USB with zeros before it.
        self._probe_id = probe_id.lstrip("0") if probe_id.isdecimal() else probe_id

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the probe's id says which board
        """Reset the chip, whatever its core does; RigError with the program's last words if that fails."""
        # It would wait for the probe to be plugged in for ever, and read settings from whatever folder this is.
        options = ["--no-wait", "--no-config", "--uid", self._probe_id, "--target", TARGET]
        program = find_program(PROGRAM, Path(sys.executable).parent)  # whose environment need not be active
        run_program([program, "reset", *options], f"{PROGRAM} reset --uid {self._probe_id}", HOW_TO_GET)
