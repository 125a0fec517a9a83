"""Which boards the options name."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcubench.boards import image_target
from mcubench.errors import InputError, RigFileError
from mcubench.rig import RigBoard
from mcubench.rig.file import RigFile, find_rig_file, load_rig, read_rig

__all__ = ["DEFAULT_BOARD", "SelectedBoard", "check_options", "choose_boards", "is_distributed", "select_boards"]

DEFAULT_BOARD = "virtual:stm32f746"
BOARDS_KEY = pytest.StashKey["tuple[SelectedBoard, ...] | InputError"]()


@dataclass(frozen=True)
class SelectedBoard:
    """A board to test on: one of a rig (`entry`), or one at an address, whose name it has.

    `kind` is what it calls itself, None if only it can tell. `features` are those of its entry.
    """

    name: str
    kind: str | None
    features: tuple[str, ...] = ()
    entry: RigBoard | None = None


def check_options(config: pytest.Config) -> None:
    """Raise UsageError if the options contradict, or name boards that there are not."""
    port, virtual, board = (config.getoption(name) for name in ("--port", "--virtual", "--board"))
    named = sum((port is not None, virtual is not None, _is_address(board, port)))
    if named > 1:
        raise pytest.UsageError("name one board: --port, --virtual, or --board virtual:NAME")
    asks_for_rig = config.getoption("--rig") or config.getoption("--dut")
    if named and asks_for_rig:
        raise pytest.UsageError("--rig and --dut are for boards of a rig, and another one is named; leave either out")
    if config.getoption("--no-flash") and config.getoption("--force-flash"):
        raise pytest.UsageError("--no-flash and --force-flash exclude each other")
    if config.getoption("--baud") is not None and port is None:
        raise pytest.UsageError("--baud is the rate at --port; that of a board of a rig stands in the rig file")
    multiplier = config.getoption("--timeout-multiplier")
    if not (math.isfinite(multiplier) and multiplier > 0):
        raise pytest.UsageError(f"--timeout-multiplier: expected a number above 0, found {multiplier:g}")
    _make_log_folder(config)
    if asks_for_rig or board is not None:
        try:
            select_boards(config)
        except RigFileError as exc:
            raise pytest.UsageError(*exc.lines) from exc
        except InputError as exc:
            raise pytest.UsageError(str(exc)) from exc


def select_boards(config: pytest.Config) -> tuple[SelectedBoard, ...]:
    """Return the boards that the options name, at least one; InputError if they name none."""
    if BOARDS_KEY not in config.stash:
        try:
            config.stash[BOARDS_KEY] = _select(config)
        except InputError as exc:
            config.stash[BOARDS_KEY] = exc
    found = config.stash[BOARDS_KEY]
    if isinstance(found, InputError):
        raise found
    return found


def choose_boards(config: pytest.Config) -> tuple[SelectedBoard, ...]:
    """Return the boards that tests are to be parametrised with; none if there is one, whichever it is.

    Processes share tests by the boards in their names, so with pytest-xdist one board of a rig is enough.
    """
    try:
        found = select_boards(config)
    except InputError:
        return ()
    return found if len(found) > 1 or (found[0].entry and is_distributed(config)) else ()


def is_distributed(config: pytest.Config) -> bool:
    """Whether pytest-xdist shares the tests among processes, of which this may be one."""
    return bool(getattr(config.option, "numprocesses", None)) or hasattr(config, "workerinput")


def _select(config: pytest.Config) -> tuple[SelectedBoard, ...]:
    port, virtual, board = (config.getoption(name) for name in ("--port", "--virtual", "--board"))
    if port is not None:
        return (SelectedBoard(port, board),)
    if virtual is not None or _is_address(board, port):
        return (_at_address(f"virtual:{virtual}" if virtual else board),)
    rig = _find_rig(config)
    if rig is None and board is not None:
        raise InputError(
            f"--board {board} is a kind of board, but there is neither a rig file nor --port;"
            f" a virtual board is --virtual NAME or --board virtual:NAME"
        )
    return _of_rig(config, rig, board) if rig else (_at_address(DEFAULT_BOARD),)


def _make_log_folder(config: pytest.Config) -> None:
    """Raise UsageError if the folder that was named for logs cannot be, before a night's tests have run."""
    named = config.getoption("--hil-log-dir")
    if named and not config.option.collectonly:
        try:
            Path(named).mkdir(parents=True, exist_ok=True)
        except OSError as exc:
            raise pytest.UsageError(f"--hil-log-dir {named}: cannot be made: {exc.strerror}; name another") from exc


def _find_rig(config: pytest.Config) -> RigFile | None:
    named = config.getoption("--rig")
    if config.getoption("--dut"):
        return load_rig(Path(named) if named else None)
    path = find_rig_file(Path(named) if named else None)
    return read_rig(path) if path else None


def _of_rig(config: pytest.Config, rig: RigFile, kind: str | None) -> tuple[SelectedBoard, ...]:
    """Return the boards that --dut names, of the kind that --board names; without either there must be only one."""
    words = [word.strip() for word in (config.getoption("--dut") or "").split(",") if word.strip()]
    boards = rig.select(words or ["all"])
    if kind is not None:
        there = sorted({each.board for each in boards})
        boards = [each for each in boards if each.board == kind]
        if not boards:
            raise InputError(f"{rig.path}: none of the boards is a {kind}; there is {', '.join(there)}")
    elif not words and len(boards) > 1:
        raise InputError(
            f"{rig.path} has {len(boards)} boards; say on which to test: --dut {boards[0].name}, --dut all,"
            f" or --virtual {DEFAULT_BOARD.partition(':')[2]} for none of them"
        )
    return tuple(SelectedBoard(each.name, each.board, each.features, each) for each in boards)


def _at_address(text: str) -> SelectedBoard:
    """Return the board at `virtual:...`, `native...` or `python:...`; what is wrong with it shows when it is opened."""
    try:
        target = image_target(text)
    except InputError:
        target = None
    begin = text.partition(":")[0]
    return SelectedBoard(text, target.board.name if target else begin if begin in ("native", "python") else None)


def _is_address(board: str | None, port: str | None) -> bool:
    """Tell an address from a kind of board; the PC needs no more than its name."""
    return board is not None and (":" in board or (board == "native" and port is None))
