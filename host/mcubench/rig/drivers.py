"""What can reset a board of a rig from outside its line, as its entry says."""

from __future__ import annotations

import contextlib
import re

from mcubench.boards import known_board
from mcubench.errors import InputError
from mcubench.recovery import DebugProbe, HubPort, Person, PowerScript, ResetDriver, VirtualPower, VirtualProbe
from mcubench.rig.address import probe_socket
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard

__all__ = ["drivers_of", "power_driver"]

# Runners whose probe pyocd knows too. None is what platformio.ini uploads with: an ST-LINK or a J-Link.
PYOCD_RUNNERS = (None, "stlink", "jlink", "cmsis-dap", "mbed")
PYOCD_CORES = "Cortex-M"
# As uhubctl prints them: bus and plugs of a hub, and the plug of that hub.
UHUBCTL = re.compile(r"uhubctl:(\d+(?:-\d+(?:\.\d+)*)?):(\d+)")
POWER_FORMS = "'uhubctl:LOCATION:PORT' (as in uhubctl:1-1.4:2), 'script:COMMAND LINE', 'person' or 'virtual'"


def drivers_of(board: RigBoard) -> tuple[ResetDriver, ...]:
    """Return the drivers of a board, gentlest first; InputError if its entry names one that there is not."""
    return (*_probe_drivers(board), *_power_drivers(board))


def power_driver(power: str, name: str) -> ResetDriver | None:
    """Return what `power` says that the power of the board with this name is switched by; None if by its virtual probe.

    Raises ValueError if it has none of the forms that there are.
    """
    hub_port = UHUBCTL.fullmatch(power)
    if hub_port:
        return HubPort(*hub_port.groups())
    kind, _, command = power.partition(":")
    if kind == "script" and command.strip():
        return PowerScript(command.strip(), name)
    if power == "person":
        return Person(name)
    if power == VIRTUAL_RUNNER:
        return None
    raise ValueError(f"expected {POWER_FORMS}, found '{power}'")


def _probe_drivers(board: RigBoard) -> tuple[ResetDriver, ...]:
    socket = probe_socket(board)
    if socket:
        return (VirtualProbe(socket),)
    known = known_board(board.board)
    is_debugged = board.runner in PYOCD_RUNNERS and known is not None and known.core.startswith(PYOCD_CORES)
    return (DebugProbe(board.probe_id),) if board.probe_id and is_debugged else ()


def _power_drivers(board: RigBoard) -> tuple[ResetDriver, ...]:
    socket = probe_socket(board)
    if socket and board.power in (None, VIRTUAL_RUNNER):
        return (VirtualPower(socket),)
    if board.power is None:
        return ()
    with contextlib.suppress(ValueError):
        driver = power_driver(board.power, board.name)
        if driver:
            return (driver,)
    raise InputError(f"{board.name}: nothing switches its power by '{board.power}'; mend its entry in the rig file")
