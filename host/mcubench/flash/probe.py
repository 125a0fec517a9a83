"""How PlatformIO is told which probe or port to use: always the one of the rig file, never the first that matches."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from mcubench.boards import BoardAddress
from mcubench.errors import InputError, UnreachableError
from mcubench.flash.building import Built
from mcubench.link import attached_ports
from mcubench.rig import VIRTUAL_RUNNER, RigBoard
from mcubench.rig.address import probe_socket

__all__ = ["RUNNERS", "UploadTarget", "upload_target"]

CUSTOM = "custom"
MOUNTS = Path("/proc/mounts")
DISKS = Path("/dev/disk/by-id")
# What may be a USB serial number: nothing that a shell, an ini file or Tcl would read as its own.
SERIAL_NUMBER = re.compile(r"[\w.:+-]+")


@dataclass(frozen=True)
class UploadTarget:
    """`runner` is PlatformIO's upload protocol; `flags` go before the tool's own, one word each."""

    runner: str
    port: str | None
    flags: tuple[str, ...] = ()


def upload_target(board: RigBoard, address: BoardAddress, built: Built) -> UploadTarget:
    """Return where to upload to; InputError if the rig file does not say which probe, or the runner is unknown."""
    runner = board.runner or built.project.option(built.environment, "upload_protocol")
    if runner == CUSTOM and not built.project.option(built.environment, "upload_command"):
        raise InputError(f"{board.name}: runner = '{CUSTOM}' needs upload_command in [env:{built.environment}]")
    if runner not in RUNNERS:
        raise InputError(f"{board.name}: runner = '{runner}' is unknown; there is {', '.join(RUNNERS)}")
    return RUNNERS[runner](runner, board, address)


def _openocd(runner: str, board: RigBoard, _address: BoardAddress) -> UploadTarget:
    return UploadTarget(runner, None, ("-c", f"adapter serial {_serial_number(runner, board)}"))


def _jlink(runner: str, board: RigBoard, _address: BoardAddress) -> UploadTarget:
    """J-Links are known by a number, which USB tells with zeros before it."""
    return UploadTarget(runner, None, ("-SelectEmuBySN", _serial_number(runner, board).lstrip("0")))


def _virtual(runner: str, board: RigBoard, _address: BoardAddress) -> UploadTarget:
    socket = probe_socket(board)
    if socket is None:
        raise InputError(f"{board.name}: runner = '{runner}' needs probe_id, the path of its probe's socket")
    return UploadTarget(runner, str(socket.absolute()))


def _blackmagic(runner: str, board: RigBoard, _address: BoardAddress) -> UploadTarget:
    """A Black Magic Probe has two ports: the first is its GDB server, the second the board's line."""
    serial = _serial_number(runner, board)
    ports = sorted(port.name for port in attached_ports() if port.serial_number == serial)
    if not ports:
        raise UnreachableError(f"{board.name}: no port with the serial number {serial}; is the probe plugged in?")
    return UploadTarget(runner, ports[0])


def _mbed(runner: str, board: RigBoard, _address: BoardAddress) -> UploadTarget:
    """A probe that is a disk: PlatformIO copies the image to where that is mounted."""
    serial = _serial_number(runner, board)
    disks = {str(path.resolve()) for path in DISKS.glob(f"*{serial}*")}
    for line in MOUNTS.read_text(encoding="utf-8").splitlines():
        device, place = line.split()[:2]
        if device in disks:
            return UploadTarget(runner, place.encode().decode("unicode_escape"))  # a space is written \040
    raise UnreachableError(f"{board.name}: no disk of the probe {serial} is mounted; plug it in and mount its disk")


def _by_port(runner: str, board: RigBoard, address: BoardAddress) -> UploadTarget:
    """The boot loader listens on the board's own line."""
    if address.port is None:
        raise InputError(f"{board.name}: runner = '{runner}' uploads over the board's port, and it has none")
    return UploadTarget(runner, address.port)


def _custom(runner: str, _board: RigBoard, address: BoardAddress) -> UploadTarget:
    """The command is that of platformio.ini, which finds the probe in $MCUBENCH_PROBE_ID."""
    return UploadTarget(runner, address.port)


def _serial_number(runner: str, board: RigBoard) -> str:
    if board.probe_id is None:
        raise InputError(
            f"{board.name}: runner = '{runner}' needs probe_id, the probe's USB serial number, so that no other board"
            " is flashed; 'mcubench rig scan --write' finds it"
        )
    if not SERIAL_NUMBER.fullmatch(board.probe_id):
        raise InputError(f"{board.name}: probe_id = '{board.probe_id}' is no USB serial number")
    return board.probe_id


RUNNERS: dict[str, Callable[[str, RigBoard, BoardAddress], UploadTarget]] = {
    "stlink": _openocd,
    "cmsis-dap": _openocd,
    "jlink": _jlink,
    "blackmagic": _blackmagic,
    "mbed": _mbed,
    "esptool": _by_port,
    CUSTOM: _custom,
    VIRTUAL_RUNNER: _virtual,
}
