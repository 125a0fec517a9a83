"""What can reset a board of a rig from outside its line, as its entry says."""

from __future__ import annotations

from mcubench.errors import InputError
from mcubench.recovery import HubPort, PowerScript, ResetDriver
from mcubench.rig.entry import RigBoard

__all__ = ["POWER_FORMS", "drivers_of", "power_driver"]

POWER_FORMS = "uhubctl:LOCATION:PORT, script:COMMAND LINE, person, or virtual"


def drivers_of(board: RigBoard) -> tuple[ResetDriver, ...]:
    """Return the drivers of a board, gentlest first; InputError if its entry names one that there is not."""
    return () if board.power is None else (power_driver(board.power, board),)


def power_driver(power: str, board: RigBoard) -> ResetDriver:
    """Return what the key `power` of a board's entry names; InputError if it names nothing."""
    kind, _, rest = power.partition(":")
    location, _, port = rest.rpartition(":")
    if kind == "uhubctl" and location and port:
        return HubPort(location, port)
    if kind == "script" and rest.strip():
        return PowerScript(rest, board.name)
    raise InputError(f"{board.name}: power = '{power}': expected {POWER_FORMS}")
