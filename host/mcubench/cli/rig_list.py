"""`mcubench rig list`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from mcubench.cli.on_rig import rig_option
from mcubench.errors import InputError, StateError
from mcubench.link import AttachedPort, attached_ports
from mcubench.report import WordColumn, print_words, report_console
from mcubench.rig import RigBoard, RigFile, find_board_port, holder, is_labgrid, latched, load_rig

__all__ = ["command"]

# Why a board is latched may be long: it is cut here, and whole with --json.
COLUMNS = (
    WordColumn("Name"),
    WordColumn("Board"),
    WordColumn("Id", spare=4),
    WordColumn("Port", spare=1),
    WordColumn("Power", spare=3),
    WordColumn("Features", spare=2),
    WordColumn("State", least=40),
)


@dataclass(frozen=True)
class Row:
    """A board as the list has it. `present` is whether its port is there, None where only opening it would tell.

    `unreadable` says what is wrong with the file of its lock or its latch; then `holder` and `latched` are unknown.
    """

    name: str
    board: str
    id: str | None
    port: str | None
    present: bool | None
    connected: bool
    runner: str | None
    power: str | None
    features: list[str]
    holder: str | None
    latched: str | None
    unreadable: str | None
    notes: str | None


@click.command("list")
@rig_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(rig_file: Path | None, as_json: bool) -> int:
    """List the boards of the rig file: whether their ports are there, and who uses them. No board is opened.

    Exit code 3: the lock or the latch of a board cannot be read.
    """
    rig = load_rig(rig_file)
    ports = attached_ports()
    rows = [_row(board, ports) for board in rig.boards]
    if as_json:
        print(json.dumps({"file": str(rig.path), "boards": [asdict(row) for row in rows]}))
    else:
        _print_table(rig, rows)
    return StateError.exit_code if any(row.unreadable for row in rows) else 0


def _print_table(rig: RigFile, rows: Sequence[Row]) -> None:
    words = []
    for row in rows:
        words.append((row.name, row.board, row.id, row.port, row.power, ", ".join(row.features), _state(row)))
    print_words(report_console(), f"{len(rows)} boards in {rig.path}", COLUMNS, words)


def _row(board: RigBoard, ports: list[AttachedPort]) -> Row:
    port, present = _port(board, ports)
    used_by, broken, unreadable = None, None, None
    try:
        used_by, broken = holder(board), latched(board)
    except StateError as exc:
        unreadable = str(exc)
    return Row(
        name=board.name,
        board=board.board,
        id=board.id,
        port=port,
        present=present,
        connected=board.connected,
        runner=board.runner,
        power=board.power or (board.runner if board.is_virtual else None),
        features=list(board.features),
        holder=str(used_by) if used_by else None,
        latched=f"{broken.why} (since {broken.since})" if broken else None,
        unreadable=unreadable,
        notes=board.notes,
    )


def _port(board: RigBoard, ports: list[AttachedPort]) -> tuple[str | None, bool | None]:
    """Return where a board's port is, or should be, and whether it is there."""
    if is_labgrid(board):
        return board.serial, None
    try:
        port = find_board_port(board, ports)
    except InputError:
        return board.serial or board.probe_id, False
    return port, None if "://" in port else True


def _state(row: Row) -> str:
    states = [
        "" if row.connected else "not connected",
        "absent" if row.present is False and row.connected else "",
        f"latched broken: {row.latched}" if row.latched else "",
        f"in use by {row.holder}" if row.holder else "",
        f"unreadable: {row.unreadable}" if row.unreadable else "",
    ]
    return "; ".join(state for state in states if state) or "free"
