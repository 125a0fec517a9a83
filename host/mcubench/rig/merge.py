"""What a scan changes in a rig file: boards are added, found again, or marked absent; nothing is ever dropped."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mcubench.boards import known_board
from mcubench.protocol import BoardInfo
from mcubench.rig.address import is_labgrid, path_beside_file
from mcubench.rig.asking import PortState
from mcubench.rig.entry import RigBoard
from mcubench.rig.scan import Sighting
from mcubench.rig.usb import Device, device_of, guess_runner, same_probe

__all__ = ["Action", "Change", "Merge", "merge_sightings"]

# States in which a port is there, whoever is behind it.
SOMETHING_THERE = (PortState.SILENT, PortState.CLOSED, PortState.LOCKED)


class Action(StrEnum):
    ADD = "add"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """Keys of one board that are to be written, with what they are to hold."""

    action: Action
    name: str
    keys: dict[str, Any]


@dataclass
class Merge:
    """`changes` of the file; `names` of the boards at each port; `hints` on what a person should look at.

    `unknown` are the ports of probes behind which a board is that does not answer, with what is known of its entry.
    """

    changes: list[Change] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    hints: list[str] = field(default_factory=list)
    unknown: dict[str, dict[str, str]] = field(default_factory=dict)


def merge_sightings(boards: Sequence[RigBoard], sightings: Sequence[Sighting]) -> Merge:
    """Return what the file should say now.

    A board is known by its id, or by its probe if its entry has no id. Ports and `connected` are updated, and its probe
    if its id is behind another one now. A virtual board that does not run is not absent: nobody has unplugged it.
    """
    merging = _Merging(boards)
    for sighting in sightings:
        if sighting.heard.info:
            merging.take_board(sighting, sighting.heard.info)
    for sighting in sightings:
        if sighting.heard.info is None:
            merging.take_port(sighting)
    merging.mark_absent()
    return merging.result


class _Merging:
    def __init__(self, boards: Sequence[RigBoard]) -> None:
        self.result = Merge()
        self._boards = boards
        self._names = {board.name for board in boards}
        self._met: set[RigBoard] = set()  # their place is known, or cannot be
        self._uids: dict[str, str] = {}
        self._probes = [board.probe_id for board in boards if board.probe_id]
        self._devices: set[Device] = set()  # behind one of whose ports a board answered

    def take_board(self, sighting: Sighting, info: BoardInfo) -> None:
        """Find the entry of a board that answered, or make one."""
        uid = info.uid.lower()
        if sighting.attached:
            self._devices.add(device_of(sighting.attached))
        entry = self._entry_of(sighting, info)
        if uid in self._uids and not (entry and entry.id is None):
            self._hint(f"{sighting.port}: the id {uid} is that of the board at {self._uids[uid]} too; left out")
            return
        self._uids[uid] = sighting.port
        if entry is None:
            self._add(sighting, info)
            return
        self.result.names[sighting.port] = entry.name
        self._met.add(entry)
        if entry.board != info.board:
            self._hint(f"{entry.name}: calls itself {info.board}, the file says {entry.board}; mend its board")
            return
        if entry.id is None:
            self._hint(f'{entry.name}: add id = "{uid}", so that no other board is taken for it')
        self._update(entry, sighting)

    def take_port(self, sighting: Sighting) -> None:
        """Note whose port it is that no board answered at."""
        entry, state = sighting.entry, sighting.heard.state
        if entry is None:
            self._note_unknown(sighting)
        if entry is None or entry in self._met:
            return
        by_probe = sighting.attached is not None and entry.probe_id is not None
        if by_probe and state in SOMETHING_THERE:
            self._met.add(entry)
            self.result.names[sighting.port] = entry.name
            self._update(entry, sighting)
        elif state is not PortState.ABSENT:
            # Something is there, but not known to be the board or not to be it.
            self._met.add(entry)

    def _note_unknown(self, sighting: Sighting) -> None:
        """Note what the entry of a board must have that was not flashed yet: which board it is only a person knows."""
        port = sighting.attached
        if port is None or port.probable_board is None or device_of(port) in self._devices:
            return
        if sighting.heard.state in (PortState.SILENT, PortState.FOREIGN):
            keys = {"probe_id": sighting.probe_id, "serial": sighting.serial, "runner": guess_runner(port, "")}
            self.result.unknown[sighting.port] = {key: value for key, value in keys.items() if value is not None}

    def mark_absent(self) -> None:
        """Mark the boards whose ports are not there."""
        for board in self._boards:
            if board not in self._met and board.connected and not board.is_virtual and not is_labgrid(board):
                self._change(Action.UPDATE, board.name, {"connected": False})

    def _entry_of(self, sighting: Sighting, info: BoardInfo) -> RigBoard | None:
        by_id = (board for board in self._boards if board.id is not None and board.id == info.uid.lower())
        entry = next(by_id, None)
        if entry is None and sighting.entry and sighting.entry.id is None and sighting.entry not in self._met:
            entry = sighting.entry
        return entry

    def _add(self, sighting: Sighting, info: BoardInfo) -> None:
        if sighting.attached is None:
            assert sighting.entry is not None
            self._hint(
                f"{sighting.entry.name}: another board is at {sighting.port}, {info.board} with id {info.uid};"
                " mend its id or its serial"
            )
            self._met.add(sighting.entry)
            return
        if known_board(info.board) is None:
            self._hint(f"{sighting.port}: this mcubench knows no board '{info.board}', which answers there; left out")
            return
        name = self._new_name(info.board)
        known = known_board(info.board)
        baud = sighting.heard.baud if known and known.baud != sighting.heard.baud else None
        keys = {
            "name": name,
            "board": info.board,
            "id": info.uid.lower(),
            # One of another entry may lead to its own board again.
            "probe_id": None if self._is_taken(sighting.probe_id) else sighting.probe_id,
            "serial": sighting.serial,
            "baud": baud,
            "runner": guess_runner(sighting.attached, info.board),
        }
        self.result.names[sighting.port] = name
        self._change(Action.ADD, name, {key: value for key, value in keys.items() if value is not None})

    def _update(self, entry: RigBoard, sighting: Sighting) -> None:
        keys: dict[str, Any] = {}
        if sighting.attached:
            if sighting.probe_id and entry.probe_id and not same_probe(entry.probe_id, sighting.probe_id):
                keys["probe_id"] = sighting.probe_id
            if not _leads_to(entry, sighting.port):
                keys["serial"] = sighting.serial
        if not entry.connected:
            keys["connected"] = True
        if keys:
            self._change(Action.UPDATE, entry.name, keys)

    def _is_taken(self, probe_id: str | None) -> bool:
        return any(same_probe(probe_id, each) for each in self._probes)

    def _new_name(self, kind: str) -> str:
        number = 1
        while f"{kind}-{number}" in self._names:
            number += 1
        self._names.add(f"{kind}-{number}")
        return f"{kind}-{number}"

    def _change(self, action: Action, name: str, keys: dict[str, Any]) -> None:
        self.result.changes.append(Change(action, name, keys))

    def _hint(self, text: str) -> None:
        self.result.hints.append(text)


def _leads_to(entry: RigBoard, port: str) -> bool:
    """Tell whether an entry names this port already, by whatever name."""
    if entry.serial is None:
        return False
    return os.path.realpath(path_beside_file(entry, entry.serial)) == os.path.realpath(port)
