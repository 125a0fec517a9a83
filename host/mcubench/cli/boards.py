"""`mcubench boards`."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Sequence
from typing import Any

import click
from rich.markup import escape
from rich.table import Table

from mcubench.boards import KNOWN_BOARDS
from mcubench.errors import InputError, RigFileError
from mcubench.link import AttachedPort, attached_ports
from mcubench.report import report_console
from mcubench.rig import RigBoard, RigFile, find_rig_file, read_rig

__all__ = ["command"]


@click.command("boards")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the boards known, attached and virtual, and those of the rig file."""
    ports = attached_ports()
    rig = _rig()
    in_rig = rig.boards if rig else ()
    if as_json:
        known = [dataclasses.asdict(board) for board in KNOWN_BOARDS]
        attached = [dataclasses.asdict(port) for port in ports]
        print(json.dumps({"known": known, "attached": attached, "rig": [_rig_dict(board) for board in in_rig]}))
        return
    console = report_console()
    console.print(_known_table())
    if ports:
        console.print(_port_table(ports))
    else:
        console.print("Attached: no serial port found")
    if rig and in_rig:
        console.print(_rig_table(in_rig, str(rig.path)))


def _rig() -> RigFile | None:
    """Return the rig file if there is one; its mistakes are no reason not to list what is attached."""
    try:
        path = find_rig_file()
        return read_rig(path) if path else None
    except InputError as exc:
        what = exc.summary if isinstance(exc, RigFileError) else exc
        print(f"mcubench: {what}; its boards are left out, see 'mcubench rig list'", file=sys.stderr)
        return None


def _known_table() -> Table:
    headings = ("Name", "Product", "Core", "Engines", "Without hardware, --board")
    table = Table(*headings, title="Known boards", title_justify="left")
    for board in KNOWN_BOARDS:
        table.add_row(board.name, board.product, board.core, ", ".join(board.engines), board.address or "-")
    return table


def _port_table(ports: list[AttachedPort]) -> Table:
    table = Table("Port", "USB id", "Serial number", "Probably", title="Attached ports", title_justify="left")
    for port in ports:
        table.add_row(port.name, port.usb_id or "-", port.serial_number or "-", port.probable_board or "-")
    return table


def _rig_table(boards: Sequence[RigBoard], path: str) -> Table:
    title = f"Boards of {escape(path)} (see 'mcubench rig list')"
    table = Table("Name", "Board", "Id", "Connected", title=title, title_justify="left")
    for board in boards:
        table.add_row(board.name, board.board, board.id or "-", "yes" if board.connected else "no")
    return table


def _rig_dict(board: RigBoard) -> dict[str, Any]:
    return dataclasses.asdict(board) | {"file": str(board.file)}
