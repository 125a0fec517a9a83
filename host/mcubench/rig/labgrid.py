"""Boards of a lab: a place is acquired from a labgrid coordinator, used, and released."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mcubench.boards import BoardAddress, known_board
from mcubench.errors import InputError, LockedError, RigError, UnreachableError
from mcubench.recovery import ResetDriver
from mcubench.rig.drivers import drivers_of
from mcubench.rig.entry import RigBoard
from mcubench.rig.labgrid_client import PROGRAM, LabgridClient, LabgridFailedError, PlaceName, place_name
from mcubench.rig.labgrid_drivers import labgrid_drivers
from mcubench.rig.labgrid_place import Place, Resource, read_place

__all__ = ["acquired"]

log = logging.getLogger(__name__)

SERIAL_KIND = "NetworkSerialPort"
URLS = {"rfc2217": "rfc2217://{host}:{port}", "raw": "socket://{host}:{port}"}
# What labgrid says of a port that nobody gave a speed.
LABGRID_DEFAULT_BAUD = 115_200
# How labgrid-client tells what is wrong.
NO_COORDINATOR, NO_PLACE = "Could not connect to coordinator", "matches"
ALREADY_OURS = "You have already acquired"


@contextmanager
def acquired(board: RigBoard) -> Iterator[tuple[BoardAddress, tuple[ResetDriver, ...]]]:
    """Acquire the board's place, and release it whatever happens; yield where the board is and what resets it.

    LockedError if somebody has it, UnreachableError if there is no such place or no serial port at it.
    """
    name = place_name(board.serial or "")
    if name is None:
        raise InputError(f"{board.name}: expected a serial port labgrid:PLACE, found '{board.serial}'")
    client = LabgridClient(name)
    _acquire(board, client)
    holder = None
    try:
        place = read_place(client.call("show"))
        holder = place.holder
        _check_name(board, name, place)
        yield _address(board, place), (*labgrid_drivers(client, place), *drivers_of(board))
    finally:
        _release(client, holder)


def _acquire(board: RigBoard, client: LabgridClient) -> None:
    try:
        client.call("acquire")
    except LabgridFailedError as exc:
        raise _refusal(board, client, exc) from exc
    except BaseException:
        if client.ended_well:  # it was interrupted, and has done it all the same
            _release(client, None)
        raise


def _release(client: LabgridClient, holder: str | None) -> None:
    """Release the place, but only from us: somebody may have released it by force, and somebody else acquired it.

    What was measured is good whether or not this succeeds, so a failure is told and nothing more.
    """
    try:
        client.call(*(("release-from", holder) if holder else ("release",)))
    except RigError as exc:
        log.warning("the labgrid place %s is still acquired: %s", client.name.place, exc)


def _refusal(board: RigBoard, client: LabgridClient, failed: LabgridFailedError) -> Exception:
    """Return what to raise when a place could not be acquired."""
    name = client.name
    if NO_COORDINATOR in failed.said:
        return UnreachableError(
            f"{board.name}: no labgrid coordinator answers at {name.where}; start labgrid-coordinator, or name another"
            " with labgrid://HOST:PORT/PLACE or $LG_COORDINATOR"
        )
    if f"{name.place} {NO_PLACE}" in failed.said:
        return UnreachableError(
            f"{board.name}: the labgrid coordinator at {name.where} has no place '{name.place}' ({failed.said});"
            f" see '{PROGRAM} places'"
        )
    try:
        holder = read_place(client.call("show")).holder
    except RigError:
        holder = None
    if holder is None:
        return RigError(f"{board.name}: the labgrid place '{name.place}' cannot be acquired: {failed.said}")
    ours = f", which is you: '{PROGRAM} {' '.join(name.options)} release' if nothing uses it any more"
    return LockedError(
        board.name, f"{holder}, who has acquired the labgrid place{ours if ALREADY_OURS in failed.said else ''}"
    )


def _check_name(board: RigBoard, name: PlaceName, place: Place) -> None:
    """Raise UnreachableError if labgrid took another place whose name only has ours in it, as it does."""
    if not name.is_reservation and name.place not in (place.name, *place.aliases):
        raise UnreachableError(
            f"{board.name}: there is no labgrid place '{name.place}', only '{place.name}'; see '{PROGRAM} places'"
        )


def _address(board: RigBoard, place: Place) -> BoardAddress:
    ports = [each for each in place.resources if each.kind == SERIAL_KIND]
    if len(ports) != 1:
        names = ", ".join(each.name for each in ports)
        found = f"{len(ports)} ({names})" if ports else "none"
        raise UnreachableError(
            f"{board.name}: the labgrid place '{place.name}' needs one serial port ({SERIAL_KIND}, or a"
            f" USBSerialPort or RawSerialPort of an exporter), found {found}; see '{PROGRAM} -p {place.name} show'"
        )
    known = known_board(board.board)
    return BoardAddress(
        board.name,
        port=_url(board, place, ports[0]),
        baud=board.baud or _speed(ports[0]) or (known.baud if known else None),
        expected_board=board.board,
        expected_uid=board.id,
    )


def _url(board: RigBoard, place: Place, port: Resource) -> str:
    trouble = None
    if not port.available or not port.parameters.get("port"):
        trouble = "is not there; is the board plugged into its exporter, and ser2net installed there?"
    elif port.needs_proxy:
        trouble = "is to be reached through SSH (proxy_required), which mcubench does not do; run it on that network"
    elif port.parameters.get("protocol", "rfc2217") not in URLS:
        trouble = f"speaks '{port.parameters['protocol']}'; expected {' or '.join(URLS)}"
    if trouble:
        raise UnreachableError(
            f"{board.name}: the serial port '{port.name}' of the labgrid place '{place.name}' {trouble}"
        )
    return URLS[port.parameters.get("protocol", "rfc2217")].format(**port.parameters)


def _speed(port: Resource) -> int | None:
    speed = port.parameters.get("speed")
    return None if speed in (None, LABGRID_DEFAULT_BAUD) else int(speed)
