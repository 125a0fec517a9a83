"""The user's command that takes the power from a board and gives it back."""

from __future__ import annotations

from mcubench.recovery.program import run_program
from mcubench.recovery.rung import Rung

__all__ = ["PowerScript"]


class PowerScript:
    """`command` is a line for the shell.

    $MCUBENCH_PORT is the board's port there, $MCUBENCH_BOARD what it calls itself, $MCUBENCH_NAME what the rig file
    calls it (empty without one).
    """

    rung = Rung.POWER_CYCLE

    def __init__(self, command: str, name: str = "") -> None:
        self._command = command
        self._name = name

    def reset(self, port: str, board: str) -> None:
        """Run the command; RigError with its last words if it fails, or takes longer than a minute."""
        told = {"MCUBENCH_PORT": port, "MCUBENCH_BOARD": board, "MCUBENCH_NAME": self._name}
        run_program(["sh", "-c", self._command], self._command, "a POSIX shell is needed", told)
