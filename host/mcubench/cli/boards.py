"""`mcubench boards`."""

from __future__ import annotations

import dataclasses
import json

import click
from rich.table import Table

from mcubench.boards import KNOWN_BOARDS
from mcubench.link import AttachedPort, attached_ports
from mcubench.report import report_console

__all__ = ["command"]


@click.command("boards")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> None:
    """List the boards known, attached and virtual."""
    ports = attached_ports()
    if as_json:
        known = [dataclasses.asdict(board) for board in KNOWN_BOARDS]
        print(json.dumps({"known": known, "attached": [dataclasses.asdict(port) for port in ports]}))
        return
    console = report_console()
    console.print(_known_table())
    if ports:
        console.print(_port_table(ports))
    else:
        console.print("Attached: no serial port found")


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
