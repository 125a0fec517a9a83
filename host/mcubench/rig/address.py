"""Where the port of a board of the rig is now."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from mcubench.boards import BoardAddress, known_board
from mcubench.errors import InputError, UnreachableError
from mcubench.link import AttachedPort, attached_ports, is_stale_link
from mcubench.rig.entry import RigBoard
from mcubench.rig.labgrid_client import place_name
from mcubench.rig.usb import same_probe

__all__ = ["address_of", "find_board_port", "is_labgrid", "path_beside_file", "probe_socket"]


def address_of(board: RigBoard, ports: Sequence[AttachedPort] | None = None) -> BoardAddress:
    """Return where to open a board, and who must answer there; UnreachableError if its port is absent.

    `ports` are those attached; None looks for them.
    """
    known = known_board(board.board)
    return BoardAddress(
        board.name,
        port=find_board_port(board, ports),
        baud=board.baud or (known.baud if known else None),
        expected_board=board.board,
        expected_uid=board.id,
    )


def find_board_port(board: RigBoard, ports: Sequence[AttachedPort] | None = None) -> str:
    """Return the device or URL of a board; UnreachableError says what was looked for, if it is absent."""
    if is_labgrid(board):
        raise InputError(f"{board.name}: {board.serial} has a port only while the place is acquired")
    if board.is_virtual or board.probe_id is None:
        return _named_port(board)
    attached = attached_ports() if ports is None else ports
    same = [port for port in attached if same_probe(port.serial_number, board.probe_id)]
    if len(same) > 1:
        return _named_of_several(board, same)
    if same:
        return same[0].name
    return _port_without_probe(board, attached)


def is_labgrid(board: RigBoard) -> bool:
    """Whether a labgrid coordinator hands out the board's port."""
    return board.serial is not None and place_name(board.serial) is not None


def probe_socket(board: RigBoard) -> Path | None:
    """Return the socket of a virtual board's probe, None if it has none."""
    return Path(path_beside_file(board, board.probe_id)) if board.is_virtual and board.probe_id else None


def path_beside_file(board: RigBoard, path: str) -> str:
    """Return a path of a board's entry, which is relative to the folder of its rig file; URLs stay as they are."""
    if board.file is None or "://" in path:
        return path
    return str(board.file.absolute().parent / path)


def _named_port(board: RigBoard) -> str:
    """Return what `serial` names, if it is there; of what is behind a URL only opening it tells."""
    if board.serial is None:
        raise UnreachableError(f"{board.name}: its entry in the rig file has no serial, which finds its port")
    port = path_beside_file(board, board.serial)
    remedy = "start it: 'mcubench rig up'" if board.is_virtual else "plug it in, or see 'mcubench boards'"
    if "://" not in port and not os.path.exists(port):  # noqa: PTH110 - a name, which may be a link
        raise UnreachableError(f"{board.name}: its port {port} is not there; {remedy}")
    if is_stale_link(port):
        raise UnreachableError(f"{board.name}: {port} is left of a terminal that is gone; {remedy}")
    return port


def _named_of_several(board: RigBoard, same: Sequence[AttachedPort]) -> str:
    """Return which of a probe's ports `serial` names."""
    if board.serial is not None:
        real = os.path.realpath(path_beside_file(board, board.serial))
        for port in same:
            if os.path.realpath(port.name) == real:
                return port.name
    names = ", ".join(port.name for port in same)
    raise UnreachableError(
        f"{board.name}: {len(same)} ports have the USB serial number '{board.probe_id}': {names}; "
        f"name the right one in the rig file as its serial"
    )


def _port_without_probe(board: RigBoard, attached: Sequence[AttachedPort]) -> str:
    """Return the port that `serial` names, unless that is known to be another device."""
    looked = f"no USB serial number '{board.probe_id}' among {len(attached)} attached ports"
    remedy = "plug it in, or see 'mcubench boards'"
    if board.serial is None:
        raise UnreachableError(f"{board.name}: {looked}; {remedy}")
    port = path_beside_file(board, board.serial)
    real = os.path.realpath(port)
    other = next((each for each in attached if os.path.realpath(each.name) == real and each.serial_number), None)
    if other:
        raise UnreachableError(
            f"{board.name}: {looked}, and {port} is the one with '{other.serial_number}'; plug it in, "
            f"or 'mcubench rig scan'"
        )
    if "://" not in port and not os.path.exists(port):  # noqa: PTH110 - a name, which may be a link
        raise UnreachableError(f"{board.name}: {looked}, and no {port}; {remedy}")
    return _named_port(board)
