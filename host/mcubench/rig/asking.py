"""Asking who is at a port, and nothing else: what is there need not be a board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from mcubench.boards import KNOWN_BOARDS
from mcubench.errors import BoardError, DeadlineError, LinkError, ProtocolError
from mcubench.link import DEFAULT_BAUD, Link
from mcubench.protocol import Board, BoardInfo
from mcubench.rig.at_once import OpenLinks

__all__ = ["BAUDS", "Heard", "PortState", "ask"]

# What boards boot with.
BAUDS = tuple(dict.fromkeys((DEFAULT_BAUD, *(board.baud for board in KNOWN_BOARDS))))


class PortState(StrEnum):
    """What became of asking at a port."""

    BOARD = "board"  # it said who it is
    SILENT = "silent"
    FOREIGN = "foreign"  # something talks, but not our protocol
    CLOSED = "closed"  # it cannot be opened: busy, no permission, gone
    LOCKED = "locked"  # somebody uses the board, so it was not asked
    ABSENT = "absent"  # there is no such port


@dataclass(frozen=True)
class Heard:
    """What was heard at a port; `info` and the `baud` that the board answered at are None unless it is a board."""

    state: PortState
    note: str
    info: BoardInfo | None = None
    baud: int | None = None


def ask(port: str, bauds: Sequence[int], timeout_s: float, links: OpenLinks) -> Heard:
    """Say hello at each rate for so long at most, until a board answers."""
    heard = Heard(PortState.SILENT, "answers nothing")
    for baud in bauds:
        try:
            with Link(port, baud) as link, links.having(link):
                this = _say_hello(Board(link), timeout_s)
        except LinkError as exc:
            return Heard(PortState.CLOSED, _without_port(exc))
        if this.info:
            return replace(this, baud=baud)
        if heard.state is PortState.SILENT:
            heard = this
    return heard


def _say_hello(board: Board, timeout_s: float) -> Heard:
    try:
        return Heard(PortState.BOARD, "answers", board.connect(timeout_s))
    except DeadlineError:
        return Heard(PortState.SILENT, "answers nothing")
    except (ProtocolError, BoardError) as exc:
        is_noise = isinstance(exc.__cause__, DeadlineError)  # else it did answer, and not as it should
        why = f"last seen: {board.channel.last_seen}" if is_noise else _without_port(exc)
        return Heard(PortState.FOREIGN, f"talks, but not our protocol ({why})")


def _without_port(exc: LinkError | ProtocolError | BoardError) -> str:
    return str(exc).removeprefix(f"{exc.port}: ")
