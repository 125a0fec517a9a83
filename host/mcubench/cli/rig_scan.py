"""`mcubench rig scan`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from mcubench.boards import KNOWN_BOARDS
from mcubench.cli.on_rig import rig_option
from mcubench.link import attached_ports
from mcubench.rig import RigBoard, read_rig
from mcubench.rig.file import rig_file_to_write
from mcubench.rig.merge import Action, Change, Merge, merge_sightings
from mcubench.rig.scan import Sighting, scan_ports
from mcubench.rig.usb import SERIAL_LINKS
from mcubench.rig.writing import write_rig

__all__ = ["command"]

SIGNS = {Action.ADD: "+", Action.UPDATE: "~"}


@click.command("scan")
@rig_option
@click.option("--write", is_flag=True, help="Write what was found into the rig file, which need not exist.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rig_file: Path | None, write: bool, as_json: bool) -> None:
    """Ask at every USB serial port who is there, and at the addresses in the rig file.

    New boards are added to the file, moved ones found again, absent ones marked; nothing is dropped. Ports that
    somebody uses are left alone.
    """
    path = rig_file_to_write(rig_file)
    boards = read_rig(path).boards if path.exists() else ()
    ports = attached_ports()
    console = Console(stderr=True)
    with console.status(f"asking at {len(ports)} ports and {len(boards)} boards"):
        sightings = scan_ports(boards, ports, SERIAL_LINKS)
    found = merge_sightings(boards, sightings)
    if write and found.changes:
        write_rig(path, found.changes)
    if as_json:
        print(json.dumps(_as_dict(path, write, sightings, found)))
    else:
        _print(path, write, boards, sightings, found)


def _print(path: Path, write: bool, boards: tuple[RigBoard, ...], sightings: list[Sighting], found: Merge) -> None:
    if not sightings:
        print("No USB serial port is attached.")
    for sighting in sightings:
        print(_line(sighting, found.names.get(sighting.port)))
    for hint in found.hints:
        print(f"! {hint}")
    for port, keys in found.unknown.items():
        print(f"! {port}: flash its board and scan again, or say what it is and add:")
        print("\n".join(_entry_lines(keys)))
    for change in found.changes:
        print(_change_line(change, boards))
    if not found.changes:
        print(f"{path}: nothing to change")
    elif write:
        print(f"{path}: written")
    else:
        print(f"{path}: not written; --write does it")


def _line(sighting: Sighting, name: str | None) -> str:
    heard, info = sighting.heard, sighting.heard.info
    known = name or (sighting.entry.name if sighting.entry else None)
    if info:
        return f"{sighting.port}: {info.board}, id {info.uid}, build {info.build_id}{f' ({known})' if known else ''}"
    probe = f" ({sighting.attached.probable_board})" if sighting.attached and sighting.attached.probable_board else ""
    left_out = "" if known else ", left out"
    return f"{sighting.port}{probe}: {heard.note}{left_out}{f' ({known})' if known else ''}"


def _entry_lines(keys: dict[str, str]) -> list[str]:
    """Return an entry for somebody who completes it."""
    kinds = ", ".join(board.name for board in KNOWN_BOARDS)
    known = (f"{key} = {json.dumps(value)}" for key, value in keys.items())
    return [f"    {line}" for line in ("[[boards]]", 'name = ""', f'board = ""  # of {kinds}', *known)]


def _change_line(change: Change, boards: tuple[RigBoard, ...]) -> str:
    before = next((board for board in boards if board.name == change.name), None)
    words = [
        f"{key} = {json.dumps(value)}" + (f" (was {json.dumps(getattr(before, key))})" if before else "")
        for key, value in change.keys.items()
        if key != "name"
    ]
    return f"{SIGNS[change.action]} {change.name}: {', '.join(words)}"


def _as_dict(path: Path, write: bool, sightings: list[Sighting], found: Merge) -> dict[str, Any]:
    return {
        "file": str(path),
        "written": write and bool(found.changes),
        "ports": [_sighting_dict(each, found.names.get(each.port)) for each in sightings],
        "changes": [{"action": each.action, "name": each.name, "keys": each.keys} for each in found.changes],
        "hints": found.hints,
        "unknown": [{"port": port, **keys} for port, keys in found.unknown.items()],
    }


def _sighting_dict(sighting: Sighting, name: str | None) -> dict[str, Any]:
    info, attached = sighting.heard.info, sighting.attached
    return {
        "port": sighting.port,
        "usb_id": attached.usb_id if attached else None,
        "serial_number": attached.serial_number if attached else None,
        "state": sighting.heard.state,
        "note": sighting.heard.note,
        "name": name or (sighting.entry.name if sighting.entry else None),
        "board": info.board if info else None,
        "id": info.uid if info else None,
        "build": info.build_id if info else None,
        "baud": sighting.heard.baud,
    }
