"""Flashing one board: is it needed, do it, and is what answers then what was flashed?"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from mcubench.boards import BoardAddress, open_board
from mcubench.boards.identity import check_identity
from mcubench.deadline import Deadline
from mcubench.errors import DeadlineError, FlashError, LinkError, ProtocolError
from mcubench.flash.building import Built
from mcubench.flash.probe import upload_target
from mcubench.flash.upload import upload
from mcubench.link import PortPlace, attached_ports, find_port, remember_port
from mcubench.protocol import Board, BoardInfo
from mcubench.rig import Attachment

__all__ = ["Action", "FlashOutcome", "flash_board"]

# A board that runs our firmware answers within milliseconds, but a virtual one may share its PC with many others.
HELLO_S = 5.0
# After an upload: boot loaders start, USB devices come back, and a virtual board may share its PC with others.
START_S = 30.0
POLL_S = 0.2


class Action(StrEnum):
    """What was done with a board."""

    FLASHED = "flashed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class FlashOutcome:
    """`log` is the file with all that the upload printed, None if there was none."""

    name: str
    action: Action
    build_id: str
    took_s: float
    log: Path | None


def flash_board(
    attachment: Attachment, built: Built, force: bool, log: Path, tell: Callable[[str], None] = lambda _: None
) -> FlashOutcome:
    """Bring an image into a board, unless it says that it runs it; `force` flashes it in any case.

    A board that says nothing or nonsense is flashed; one with another id than the rig file has is left alone. Its port
    must be closed. `tell` gets what is being done, in a word. Raises WrongImageError before anything is written,
    FlashError if the image is not in the board afterwards, RigError if another board answers, InputError if the rig
    file does not say enough.
    """
    started_s = time.monotonic()
    board = attachment.board
    built.check_fits(board)
    target = upload_target(board, attachment.address, built)

    line = _Line.at(attachment.address)

    def outcome(action: Action) -> FlashOutcome:
        took_s = time.monotonic() - started_s
        return FlashOutcome(board.name, action, built.build_id, took_s, log if action is Action.FLASHED else None)

    if not board.flash_before:  # which says that its port is not to be opened as long as there is no firmware
        tell("asking")
        info = _ask_who(line)
        if info and info.build_id == built.build_id and not force:
            return outcome(Action.SKIPPED)
    tell("flashing")
    upload(board, target, built, log)
    tell("checking")
    _check_flashed(line, built, log)
    return outcome(Action.FLASHED)


@dataclass(frozen=True)
class _Line:
    """Where the board is asked; a probe that comes back under another name after an upload is found there."""

    address: BoardAddress
    place: PortPlace

    @classmethod
    def at(cls, address: BoardAddress) -> _Line:
        assert address.port is not None  # boards of a rig are at ports
        return cls(address, remember_port(address.port, attached_ports()))

    def hello(self, timeout_s: float) -> BoardInfo:
        """Ask who is there, and close the port; RigError if it is another board than the one that is meant."""
        port = find_port(self.place, attached_ports())
        if port is None:
            raise LinkError(self.place.name, "the port is gone")
        with open_board(replace(self.address, port=port)) as opened:
            info = Board(opened.link).connect(timeout_s)
        check_identity(self.address, info.board, info.uid)
        return info


def _ask_who(line: _Line) -> BoardInfo | None:
    """Return who answers, None if nobody does; RigError if it is another board, or if there is no port."""
    try:
        return line.hello(HELLO_S)
    except (DeadlineError, ProtocolError):
        return None


def _check_flashed(line: _Line, built: Built, log: Path) -> None:
    """Raise FlashError if the board does not come up with the new image."""
    name, deadline = line.address.name, Deadline.after(START_S)
    while True:
        try:
            info = line.hello(deadline.left_s)
            break
        except LinkError as exc:  # a port that goes away while its board is flashed comes back
            if deadline.expired:
                raise FlashError(name, f"flashed, but then: {exc}", str(log)) from exc
            time.sleep(POLL_S)
        except (DeadlineError, ProtocolError) as exc:
            raise FlashError(name, f"flashed, but then: {exc}", str(log)) from exc
    if info.build_id != built.build_id:
        seen = f"flashed, but answers with build {info.build_id} instead of {built.build_id}"
        raise FlashError(name, f"{seen}; did the upload reach another board?", str(log))
