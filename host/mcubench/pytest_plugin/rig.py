"""The board that a test session runs on, and what belongs to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from mcubench.boards import BoardAddress, open_board, parse_board, parse_port
from mcubench.errors import RigError
from mcubench.link import DEFAULT_BAUD, Transcript
from mcubench.models import find_models_folder, list_models
from mcubench.protocol import Board, BoardInfo
from mcubench.protocol.client import HELLO_TIMEOUT_S

__all__ = ["Rig", "board_address", "open_rig"]

DEFAULT_BOARD = "virtual:stm32f746"
LOG_FOLDER = Path("results", "hil")
LOG_DIR_KEY = pytest.StashKey[Path]()


@dataclass
class Rig:
    """A connected board; `log_dir` takes logs and figures of this session, `timeout_multiplier` stretches waits.

    `timing_model` is None for a real board; `abort` ends a virtual one and does nothing to a real one.
    """

    address: BoardAddress
    board: Board
    info: BoardInfo
    transcript: Transcript
    log_dir: Path
    timeout_multiplier: float
    timing_model: str | None = None
    abort: Callable[[], None] = lambda: None
    _failure: RigError | None = None

    @property
    def is_virtual(self) -> bool:
        """Whether times are modelled, not measured."""
        return self.info.timing == "modelled"

    def resynchronise(self) -> Board:
        """Bring host and board in step, whatever the last test left behind, and return the board.

        Raises RigError if the board does not answer; once it did not, every later call raises the same at once.
        """
        if self._failure is not None:
            raise self._failure
        try:
            self.board.connect(HELLO_TIMEOUT_S * self.timeout_multiplier)
        except RigError as exc:
            self._failure = exc
            raise
        return self.board


def board_address(config: pytest.Config) -> BoardAddress:
    """Return the board that the options name; raises UsageError if they contradict, InputError if it is unknown."""
    port, board, virtual = (config.getoption(name) for name in ("--port", "--board", "--virtual"))
    firmware = config.getoption("--firmware")
    is_address = _is_address(board, port)
    if sum((port is not None, is_address, virtual is not None)) > 1:
        raise pytest.UsageError("name one board: --port, --virtual, or --board virtual:NAME")
    if port is not None:
        return parse_port(port)
    name = f"virtual:{virtual}" if virtual else board if is_address else DEFAULT_BOARD
    return parse_board(name, Path(firmware) if firmware else None, models=_model_folders(config, name))


def _is_address(board: str | None, port: str | None) -> bool:
    """Tell an address from what the board behind a port must call itself; the PC needs no more than its name."""
    return board is not None and (":" in board or (board == "native" and port is None))


def _model_folders(config: pytest.Config, name: str) -> list[Path]:
    """Return what a Python board is to serve: every model that the suite has vectors of."""
    if not name.startswith("python:"):
        return []
    named = config.getoption("--models")
    folder = find_models_folder(Path(named) if named else None)
    return [folder / model for model in list_models(folder)]


@contextmanager
def open_rig(config: pytest.Config, address: BoardAddress) -> Iterator[Rig]:
    """Open a board and say hello; start it before and end it after if it is a virtual one.

    Raises RigError if it does not answer, or if it is another board than --board says.
    """
    transcript = Transcript()
    multiplier: float = config.getoption("--timeout-multiplier")
    with open_board(address, config.getoption("--baud") or DEFAULT_BAUD, transcript) as opened:
        board = Board(opened.link)
        info = board.connect(HELLO_TIMEOUT_S * multiplier)
        _check_name(config.getoption("--board"), info, address)
        rig = Rig(address, board, info, transcript, _make_log_dir(config), multiplier)
        if opened.child:
            rig.timing_model, rig.abort = opened.child.timing_model, opened.child.kill
        yield rig


def _check_name(wanted: str | None, info: BoardInfo, address: BoardAddress) -> None:
    if wanted is not None and not _is_address(wanted, address.port) and wanted != info.board:
        raise RigError(f"{address.name}: expected a {wanted} there, found a {info.board}; check --port and --board")


def _make_log_dir(config: pytest.Config) -> Path:
    """Return an empty folder, one for the whole session; a process of pytest-xdist gets one of its own."""
    if LOG_DIR_KEY not in config.stash:
        process = getattr(config, "workerinput", {}).get("workerid", "main")
        folder = config.rootpath / LOG_FOLDER / process
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        config.stash[LOG_DIR_KEY] = folder
    return config.stash[LOG_DIR_KEY]
