"""A port of a USB hub that can switch its power, by the program uhubctl."""

from __future__ import annotations

from pathlib import Path

from mcubench.recovery.program import find_program, run_program
from mcubench.recovery.rung import Rung

__all__ = ["HubPort"]

PROGRAM = "uhubctl"
# Not on the path of users there.
DEBIANS_FOLDER = Path("/usr/sbin")
HOW_TO_GET = "install it: sudo apt-get install uhubctl"


class HubPort:
    """`location` is the hub's and `port` the port's number there, as `uhubctl` without arguments lists them."""

    rung = Rung.POWER_CYCLE

    def __init__(self, location: str, port: str) -> None:
        self._location = location
        self._port = port

    def reset(self, port: str, board: str) -> None:  # noqa: ARG002 - the hub's port says which board
        """Take the power from the port and give it back; RigError with the program's last words if that fails."""
        options = ["-l", self._location, "-p", self._port, "-a", "cycle"]
        run_program([find_program(PROGRAM, DEBIANS_FOLDER), *options], " ".join([PROGRAM, *options]), HOW_TO_GET)
