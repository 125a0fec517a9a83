"""Who uses a board: one file per board, so that no two programs of this machine use one at the same time."""

from __future__ import annotations

import contextlib
import logging
import os
import pwd
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from mcubench.errors import LockedError, StateError
from mcubench.rig.entry import RigBoard
from mcubench.rig.process import process_start
from mcubench.rig.state import StateFile, change_state, read_state, state_file, state_files, time_now

__all__ = ["Holder", "hold", "holder", "holders", "keep", "release", "unreadable_locks", "who_am_i"]

log = logging.getLogger(__name__)

KIND = "lock"
# What a file has of a board: who keeps it for himself until he gives it back, and which process uses it just now.
KEPT, USED = "kept", "used"


@dataclass(frozen=True)
class Holder:
    """Who has a board: a process, or a person who keeps it (then `pid` is None). `since` is in UTC.

    `started` tells the process from a later one with the same number.
    """

    board: str
    user: str
    host: str
    pid: int | None
    started: str | None
    reason: str
    since: str

    @property
    def is_gone(self) -> bool:
        """Whether it was a process of this machine that is there no more; of another machine we cannot know."""
        if self.pid is None or self.host != socket.gethostname():
            return False
        return process_start(self.pid) != self.started

    def __str__(self) -> str:
        process = f" (pid {self.pid})" if self.pid is not None else ""
        return f"{self.user}@{self.host}{process} for '{self.reason}' since {self.since}"


@contextmanager
def hold(board: RigBoard, reason: str) -> Iterator[None]:
    """Have a board alone; LockedError if another process uses it, or another person keeps it.

    The lock of a process that is gone is taken over, with a warning in the log.
    """
    path = state_file(board, KIND)
    me = _holder(board, reason, os.getpid())
    with change_state(path) as file:
        content = file.content or {}
        for other in _holders_in(content, path):
            if other.is_gone:
                log.warning("%s: taken over from %s: that process is gone", board.name, other)
            elif other.pid is not None or not _is_mine(other):
                raise LockedError(board.name, str(other))
        file.replace(content | {USED: asdict(me)})
    try:
        yield
    finally:
        if path.exists():  # else somebody removed all of it
            with change_state(path) as file:
                if _read(file, path, USED) == me:  # else somebody broke the lock, and may have taken it
                    _clear(file, USED)


def keep(board: RigBoard, reason: str) -> Holder | None:
    """Keep a board for this user until `release`; return who kept it before, if it was he himself.

    LockedError if another process uses it, or another person keeps it.
    """
    path = state_file(board, KIND)
    with change_state(path) as file:
        content = file.content or {}
        before = [each for each in _holders_in(content, path) if not each.is_gone]
        for other in before:
            if other.pid is not None or not _is_mine(other):
                raise LockedError(board.name, str(other))
        file.replace({KEPT: asdict(_holder(board, reason, None))})
    return before[0] if before else None


def release(board: RigBoard, force: bool = False) -> list[Holder]:
    """Give a board back that this user keeps, or clean up after a dead process; return who had it.

    LockedError if a process uses it or somebody else keeps it, unless `force` breaks that too.
    """
    path = state_file(board, KIND)
    with change_state(path) as file:
        found = _holders_in(file.content or {}, path)
        for each in found:
            if not force and not each.is_gone and (each.pid is not None or not _is_mine(each)):
                raise LockedError(board.name, str(each))
        file.replace(None)
    return found


def holder(board: RigBoard) -> Holder | None:
    """Return who has a board: the process that uses it, else who keeps it; None if it is free."""
    path = state_file(board, KIND)
    found = [each for each in _holders_in(read_state(path) or {}, path) if not each.is_gone]
    return found[0] if found else None


def holders() -> list[Holder]:
    """Return everybody who has a board of this machine, in whatever rig file it is; not of the `unreadable_locks`."""
    found: list[Holder] = []
    for path in state_files(KIND):
        with contextlib.suppress(StateError):
            found += _holders_in(read_state(path) or {}, path)
    return sorted((each for each in found if not each.is_gone), key=lambda each: (each.board, each.since))


def unreadable_locks() -> list[StateError]:
    """Return what is wrong with each file of this machine that does not tell who has its board."""
    errors = []
    for path in state_files(KIND):
        try:
            _holders_in(read_state(path) or {}, path)
        except StateError as exc:
            errors.append(exc)
    return errors


def who_am_i() -> tuple[str, str]:
    """Return the user and the host of this process."""
    user = os.geteuid()
    try:
        return pwd.getpwuid(user).pw_name, socket.gethostname()
    except KeyError:  # in a container
        return f"user {user}", socket.gethostname()


def _holder(board: RigBoard, reason: str, pid: int | None) -> Holder:
    user, host = who_am_i()
    started = None if pid is None else process_start(pid)
    return Holder(board.name, user, host, pid, started, reason, time_now())


def _is_mine(other: Holder) -> bool:
    return (other.user, other.host) == who_am_i()


def _holders_in(content: dict[str, Any], path: Path) -> list[Holder]:
    """Return who is in a file: first who uses the board."""
    return [_as_holder(content[slot], path) for slot in (USED, KEPT) if content.get(slot)]


def _read(file: StateFile, path: Path, slot: str) -> Holder | None:
    content = file.content or {}
    return _as_holder(content[slot], path) if content.get(slot) else None


def _clear(file: StateFile, slot: str) -> None:
    rest = {key: value for key, value in (file.content or {}).items() if key != slot}
    file.replace(rest or None)


def _as_holder(values: Any, path: Path) -> Holder:
    try:
        return Holder(**{field.name: values[field.name] for field in fields(Holder)})
    except (KeyError, TypeError) as exc:
        raise StateError(f"{path}: expected who has a board, found something else; remove the file") from exc
