"""The debug probe of a virtual board, which also switches its power."""

from __future__ import annotations

from pathlib import Path

from mcubench.probe import Probe
from mcubench.recovery.rung import Rung

__all__ = ["VirtualPower", "VirtualProbe"]


class VirtualProbe:
    """Pulls the reset pin of the virtual board whose probe is served at `socket`."""

    rung = Rung.DEBUG_PROBE

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the socket says which board
        """Do it, whatever the core does; RigError if nobody serves the socket."""
        Probe(self._socket).reset()


class VirtualPower:
    """Switches the power of the virtual board whose probe is served at `socket`."""

    rung = Rung.POWER_CYCLE

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the socket says which board
        """Switch it off and on; RigError if nobody serves the socket."""
        Probe(self._socket).power_cycle()
