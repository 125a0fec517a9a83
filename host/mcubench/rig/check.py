"""Asking boards of a rig who they are: whether each is there, is the one that is meant, and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from mcubench.boards import check_identity, open_board
from mcubench.errors import DeadlineError, InputError, LockedError, McubenchError, RigError
from mcubench.protocol import Board, BoardInfo
from mcubench.rig.at_once import OpenLinks, visit_all
from mcubench.rig.attachment import Attachment
from mcubench.rig.entry import RigBoard
from mcubench.rig.latch import latched, unlatch
from mcubench.rig.use import use

__all__ = ["Checked", "Verdict", "check_boards"]

# A board may be at a raised rate, which takes a while to call it back from.
HELLO_TIMEOUT_S = 5.0
REASON = "rig check"


class Verdict(StrEnum):
    """What became of asking a board."""

    OK = "ok"
    OTHER = "other"  # another board answers
    SILENT = "silent"  # nothing that we understand answers, or there is no port
    IN_USE = "in use"


@dataclass(frozen=True)
class Checked:
    """What became of asking a board; `why` is empty if it is as it should be. `was_latched` is why it was latched."""

    board: RigBoard
    verdict: Verdict
    why: str = ""
    info: BoardInfo | None = None
    was_latched: str | None = None


def check_boards(boards: Sequence[RigBoard], on_checked: Callable[[Checked], None] = lambda _: None) -> list[Checked]:
    """Ask all boards at the same time, latched ones too: one that answers right is unlatched.

    `on_checked` is called, from any thread, as soon as a board is done. Nothing is reset.
    """

    def visit(board: RigBoard, links: OpenLinks) -> Checked:
        checked = _check(board, links)
        on_checked(checked)
        return checked

    return visit_all(boards, visit)


def _check(board: RigBoard, links: OpenLinks) -> Checked:
    try:
        with use(board, REASON, even_latched=True, may_switch=False) as attachment:
            return _ask(attachment, links)
    except LockedError as exc:
        return Checked(board, Verdict.IN_USE, _without_name(exc, board))
    except DeadlineError as exc:
        flash = f"is it flashed? 'mcubench flash --board {board.name}'"
        return Checked(board, Verdict.SILENT, f"{_without_name(exc, board)}; {flash}")
    except (RigError, InputError) as exc:  # InputError: there is no such port, or no labgrid to ask for the place
        return Checked(board, Verdict.SILENT, _without_name(exc, board))


def _ask(attachment: Attachment, links: OpenLinks) -> Checked:
    board, address = attachment.board, attachment.address
    with open_board(address) as opened, links.having(opened.link):
        info = Board(opened.link).connect(HELLO_TIMEOUT_S)
    try:
        check_identity(address, info.board, info.uid)
    except RigError as exc:
        return Checked(board, Verdict.OTHER, _without_name(exc, board), info)
    latch = latched(board)
    if latch:
        unlatch(board)
    return Checked(board, Verdict.OK, "", info, latch.why if latch else None)


def _without_name(exc: McubenchError, board: RigBoard) -> str:
    return str(exc).removeprefix(f"{board.name}: ")
