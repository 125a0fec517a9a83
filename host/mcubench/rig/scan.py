"""Looking for the boards of a rig: who is at each attached port, and at the addresses that its file names."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mcubench.boards import known_board
from mcubench.errors import LockedError, UnreachableError
from mcubench.link import AttachedPort
from mcubench.rig.address import find_board_port, is_labgrid, path_beside_file
from mcubench.rig.asking import BAUDS, Heard, PortState, ask
from mcubench.rig.at_once import OpenLinks, visit_all
from mcubench.rig.entry import RigBoard
from mcubench.rig.lock import hold
from mcubench.rig.usb import SERIAL_LINKS, device_of, probe_id_of, same_probe, stable_name

__all__ = ["Sighting", "scan_ports"]

# A board may be at a raised rate, which takes a while to call it back from. What is not known to be a probe or bridge
# of a board is asked once, for less than the time after which it would be called back with 36 kB of nonsense.
PATIENT_S = 5.0
SHORT_S = 1.4
REASON = "rig scan"


@dataclass(frozen=True)
class Sighting:
    """What was found at one port. `attached` is None for an address of the file that is no USB port.

    `serial` names the port for good. `entry` is the board of the file that should be there, None if none should.
    """

    port: str
    serial: str
    heard: Heard
    attached: AttachedPort | None = None
    probe_id: str | None = None
    entry: RigBoard | None = None


def scan_ports(
    boards: Sequence[RigBoard],
    ports: Sequence[AttachedPort],
    links: Path = SERIAL_LINKS,
    on_sighting: Callable[[Sighting], None] = lambda _: None,
) -> list[Sighting]:
    """Ask at all USB ports among `ports`, and at the addresses of `boards` that are none of them.

    What somebody has locked or opened is left alone. labgrid's places are not asked. `on_sighting` is called, from any
    thread, as soon as a port is done. `links` is the folder with lasting names of ports.
    """
    usb = [port for port in ports if port.usb_id is not None]
    unasked = [_attached(port, usb, boards, links) for port in usb]
    met = {sighting.entry for sighting in unasked}
    others = [_elsewhere(board, usb) for board in boards if board not in met and not is_labgrid(board)]

    def visit(group: list[Sighting], links: OpenLinks) -> list[Sighting]:
        seen = _ask_all(group, links)
        for each in seen:
            on_sighting(each)
        return seen

    groups = [*_by_device(unasked), *([each] for each in others)]
    return [sighting for group in visit_all(groups, visit) for sighting in group]


def _attached(port: AttachedPort, usb: Sequence[AttachedPort], boards: Sequence[RigBoard], links: Path) -> Sighting:
    probe_id = probe_id_of(port, usb)
    return Sighting(
        port=port.name,
        serial=stable_name(port, usb, links),
        heard=Heard(PortState.ABSENT, "not asked"),
        attached=port,
        probe_id=probe_id,
        entry=_entry_of(port, probe_id, boards),
    )


def _entry_of(port: AttachedPort, probe_id: str | None, boards: Sequence[RigBoard]) -> RigBoard | None:
    """Return the board that should be at a port: by its probe, else by the port's name."""
    real = [board for board in boards if not board.is_virtual and not is_labgrid(board)]
    by_probe = (board for board in real if same_probe(board.probe_id, probe_id))
    by_name = (
        board
        for board in real
        if _names(board, port) and (board.probe_id is None or same_probe(board.probe_id, port.serial_number))
    )
    return next(by_probe, None) or next(by_name, None)


def _names(board: RigBoard, port: AttachedPort) -> bool:
    if board.serial is None or "://" in board.serial:
        return False
    return os.path.realpath(path_beside_file(board, board.serial)) == os.path.realpath(port.name)


def _elsewhere(board: RigBoard, usb: Sequence[AttachedPort]) -> Sighting:
    """Return the address of a board that should be at none of the USB ports."""
    named = board.serial or f"USB serial number {board.probe_id}"
    try:
        port = find_board_port(board, usb)
    except UnreachableError as exc:
        note = str(exc).removeprefix(f"{board.name}: ")
        return Sighting(named, named, Heard(PortState.ABSENT, note), entry=board)
    if any(_names(board, each) for each in usb):
        return Sighting(named, named, Heard(PortState.ABSENT, "that port is asked already"), entry=board)
    return Sighting(port, named, Heard(PortState.SILENT, "not asked"), entry=board)


def _by_device(sightings: Sequence[Sighting]) -> list[list[Sighting]]:
    """Put the ports of one USB device together: they are asked one after the other, under one lock."""
    groups: dict[object, list[Sighting]] = {}
    for each in sightings:
        assert each.attached is not None
        groups.setdefault(device_of(each.attached), []).append(each)
    return list(groups.values())


def _ask_all(group: Sequence[Sighting], links: OpenLinks) -> list[Sighting]:
    """Ask at ports that belong together, unless somebody uses them."""
    if group[0].heard.state is PortState.ABSENT and group[0].attached is None:
        return list(group)
    try:
        with hold(_to_lock(group), REASON):
            return [replace(each, heard=_ask(each, links)) for each in group]
    except LockedError as exc:
        heard = Heard(PortState.LOCKED, f"in use by {exc.holder}")
        return [replace(each, heard=heard) for each in group]


def _to_lock(group: Sequence[Sighting]) -> RigBoard:
    """Return the board that is at these ports, or one made up for a device that no entry of the file has."""
    entry = next((each.entry for each in group if each.entry), None)
    first = group[0]
    return entry or RigBoard(name=first.port, board="unknown", probe_id=first.probe_id, serial=first.port)


def _ask(sighting: Sighting, links: OpenLinks) -> Heard:
    entry, port = sighting.entry, sighting.attached
    known = known_board(entry.board) if entry else None
    usual = (entry.baud if entry else None) or (known.baud if known else None)
    bauds = tuple(dict.fromkeys([usual, *BAUDS])) if usual else BAUDS
    is_ours = entry is not None or (port is not None and port.probable_board is not None)
    # What an entry names elsewhere has the rate of its entry, if it has one at all.
    return ask(sighting.port, bauds if port else bauds[:1], PATIENT_S if is_ours else SHORT_S, links)
