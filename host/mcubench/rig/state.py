"""Small files about boards that all users of this machine share, and that only one of them changes at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mcubench.deadline import Deadline
from mcubench.errors import StateError
from mcubench.rig.address import path_beside_file
from mcubench.rig.entry import RigBoard

__all__ = ["StateFile", "change_state", "read_state", "state_file", "state_files", "state_folder", "time_now"]

STATE_VARIABLE = "MCUBENCH_STATE_DIR"
# Folders that everybody may write to: the first is there for locks (Filesystem Hierarchy Standard 3.0, section 5.9),
# and empty after the machine has started. Not $TMPDIR, which need not be the same for all users.
SHARED_FOLDERS = (Path("/run/lock"), Path("/tmp"))
# As of those: everybody may write, and nobody may remove what belongs to somebody else.
SHARED_MODE = 0o1777
# Every user must be able to take over the lock of a dead process.
FILE_MODE = 0o666
# A file is ours to change for less than a millisecond; whoever has it for so long has been stopped.
CHANGE_TIMEOUT_S = 5.0
CHANGE_INTERVAL_S = 0.002
# Of a place in the name of a file, which people read; what makes the name unique comes after it.
MOST_NAME_CHARACTERS = 60


class StateFile:
    """One of these files while nobody else can change it; `content` is None if it holds nothing."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    @property
    def content(self) -> dict[str, Any] | None:
        """What the file holds; StateError if nobody of us has written that."""
        data = os.pread(self._descriptor, 1 << 20, 0)
        if not data.strip():
            return None
        try:
            content = json.loads(data)
        except ValueError:
            content = None
        if not isinstance(content, dict):
            raise StateError(
                f"{self._path}: expected a JSON object about a board, found something else; remove the file"
            )
        return content

    def replace(self, content: dict[str, Any] | None) -> None:
        """Let the file hold something else. It is emptied, never removed: somebody may be waiting for it."""
        os.ftruncate(self._descriptor, 0)
        if content is not None:
            os.pwrite(self._descriptor, json.dumps(content, indent=1).encode() + b"\n", 0)


def state_folder() -> Path:
    """Return the folder of these files: $MCUBENCH_STATE_DIR, else one that all users of this machine share."""
    named = os.environ.get(STATE_VARIABLE)
    try:
        if named:
            folder = Path(named)
            folder.mkdir(parents=True, exist_ok=True)
            return folder
        shared = next((each for each in SHARED_FOLDERS if _is_for_everybody(each)), SHARED_FOLDERS[-1])
        folder = shared / "mcubench"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            folder.chmod(SHARED_MODE)
        return folder
    except OSError as exc:
        raise StateError(f"{folder}: cannot be made for the locks of boards ({exc.strerror}); {_instead()}") from exc


def state_file(board: RigBoard, kind: str) -> Path:
    """Return where the state of this kind is of a board, whatever rig file it is in and what it is called there."""
    place = _place(board)
    words = re.sub(r"[^A-Za-z0-9.-]+", "_", place).strip("_.")[-MOST_NAME_CHARACTERS:]
    return state_folder() / f"{words}-{hashlib.sha256(place.encode()).hexdigest()[:8]}.{kind}"


def state_files(kind: str) -> list[Path]:
    """Return all files of this kind."""
    return sorted(state_folder().glob(f"*.{kind}"))


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what a file holds, None if it is not there or holds nothing."""
    with _opened(path) as descriptor:
        return None if descriptor is None else StateFile(path, descriptor).content


def time_now() -> str:
    """Return the time as these files have it."""
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@contextmanager
def change_state(path: Path) -> Iterator[StateFile]:
    """Keep everybody else from a file, made if need be, while its content is read and replaced."""
    with _opened(path) as descriptor:
        if descriptor is not None:
            yield StateFile(path, descriptor)
            return
    _make(path)
    with _opened(path) as descriptor:
        if descriptor is None:
            raise StateError(f"{path}: somebody removes it again and again")
        yield StateFile(path, descriptor)


def _is_for_everybody(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & stat.S_IWOTH)
    except OSError:
        return False


def _place(board: RigBoard) -> str:
    """Return what is the same in every rig file that has this board.

    That is its unique id. The ids of virtual boards are made up, and may be those of somebody else's; their sockets may
    not.
    """
    if board.id and not board.is_virtual:
        return f"id {board.id.lower()}"
    if board.is_virtual and board.probe_id:
        return f"probe {_absolute(board, board.probe_id)}"
    if board.probe_id:
        return f"probe {board.probe_id}"
    if board.serial:
        return f"port {board.serial if ':' in board.serial else _absolute(board, board.serial)}"
    return f"name {board.name} of {board.file}"


def _absolute(board: RigBoard, path: str) -> Path:
    return Path(os.path.abspath(path_beside_file(board, path)))  # noqa: PTH100 - a link may come and go


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """Open a file if it is there, and lock it against everybody else."""
    try:
        # Not O_CREAT: Linux refuses that for the files of others in a folder like /tmp (fs.protected_regular).
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    except OSError as exc:
        raise StateError(f"{path}: cannot be opened ({exc.strerror}); {_instead()}") from exc
    try:
        _lock(path, descriptor)
        yield descriptor
    finally:
        os.close(descriptor)  # and with it the lock


def _lock(path: Path, descriptor: int) -> None:
    deadline = Deadline.after(CHANGE_TIMEOUT_S)
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as exc:
            if exc.errno not in (errno.EAGAIN, errno.EACCES):
                raise StateError(f"{path}: cannot be locked ({exc.strerror}); {_instead()}") from exc
            if deadline.expired:
                raise StateError(f"{path}: another program has had it open for {CHANGE_TIMEOUT_S:g} s; end it") from exc
        time.sleep(CHANGE_INTERVAL_S)


def _make(path: Path) -> None:
    """Make an empty file that everybody may write to, from the first moment on."""
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        try:
            os.fchmod(descriptor, FILE_MODE)
            with contextlib.suppress(FileExistsError):
                os.link(name, path)
        finally:
            os.close(descriptor)
            Path(name).unlink()
    except OSError as exc:
        raise StateError(f"{path}: cannot be made ({exc.strerror}); {_instead()}") from exc


def _instead() -> str:
    return f"name a folder in ${STATE_VARIABLE} that everybody of the rig can write to"
