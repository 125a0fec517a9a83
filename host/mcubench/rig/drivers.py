"""What can reset a board of a rig from outside its line, as its entry says."""

from __future__ import annotations

from mcubench.boards import known_board
from mcubench.errors import InputError
from mcubench.recovery import DebugProbe, HubPort, Person, PowerScript, ResetDriver, VirtualPower, VirtualProbe
from mcubench.rig.address import probe_socket
from mcubench.rig.entry import VIRTUAL_RUNNER, RigBoard

__all__ = ["drivers_of"]

# Runners whose probe pyocd knows too. None is what platformio.ini uploads with: an ST-LINK or a J-Link.
PYOCD_RUNNERS = (None, "stlink", "jlink", "cmsis-dap", "mbed")
PYOCD_CORES = "Cortex-M"


def drivers_of(board: RigBoard) -> tuple[ResetDriver, ...]:
    """Return the drivers of a board, gentlest first; InputError if its entry names one that there is not."""
    return (*_probe_drivers(board), *_power_drivers(board))


def _probe_drivers(board: RigBoard) -> tuple[ResetDriver, ...]:
    socket = probe_socket(board)
    if socket:
        return (VirtualProbe(socket),)
    known = known_board(board.board)
    is_debugged = board.runner in PYOCD_RUNNERS and known is not None and known.core.startswith(PYOCD_CORES)
    return (DebugProbe(board.probe_id),) if board.probe_id and is_debugged else ()


def _power_drivers(board: RigBoard) -> tuple[ResetDriver, ...]:
    kind, _, rest = (board.power or "").partition(":")
    socket = probe_socket(board)
    if socket and (board.power in (None, VIRTUAL_RUNNER)):
        return (VirtualPower(socket),)
    if board.power is None:
        return ()
    location, _, port = rest.rpartition(":")
    if kind == "uhubctl" and location and port:
        return (HubPort(location, port),)
    if kind == "script" and rest.strip():
        return (PowerScript(rest.strip(), board.name),)
    if board.power == "person":
        return (Person(board.name),)
    raise InputError(f"{board.name}: nothing switches its power by '{board.power}'; mend its entry in the rig file")
