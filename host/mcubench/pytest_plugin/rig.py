"""What a test session knows of its boards: which there are, which are open, which are lost, and where logs go."""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcubench.errors import BlockedError, InputError, LockedError, McubenchError, RigError, StateError
from mcubench.models import find_models_folder
from mcubench.pytest_plugin.selection import SelectedBoard, select_boards
from mcubench.pytest_plugin.transcripts import TestTranscript
from mcubench.recovery import RecoveryStep
from mcubench.rig import latch
from mcubench.store import Record

if TYPE_CHECKING:
    from mcubench.pytest_plugin.dut import Dut

__all__ = ["MAIN_PROCESS", "Rig", "home_folder", "rig_of"]

# Where it is not one of pytest-xdist's.
MAIN_PROCESS = "main"
LOG_FOLDER = Path("results", "hil")
METRICS_FILE = "metrics.jsonl"
TRANSCRIPT_END = ".uart.log"
# What an earlier session left in the log folder; anything else there is somebody's.
OUR_LOGS = (METRICS_FILE, f"*{TRANSCRIPT_END}", "*.flash.log")
LONGEST_NAME = 180
RIG_KEY = pytest.StashKey["Rig"]()


class Rig:
    """The fixture `rig`: one for each process of a session.

    `log_dir` takes its logs and figures, `timeout_multiplier` stretches waits. `notes` are lines for the end of the
    session. `records` are the points that were measured, by board, image and what was asked for. `open_duts` are the
    boards that are open now, by name, `not_opened` the names of those that could not be when that was last tried.
    `transcripts` are those of the test that runs, by board.
    """

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.timeout_multiplier: float = config.getoption("--timeout-multiplier")
        self.notes: list[str] = []
        self.records: dict[tuple[object, ...], Record] = {}
        self.open_duts: dict[str, Dut] = {}
        self.not_opened: set[str] = set()
        self.transcripts: dict[str, TestTranscript] = {}
        self._lost: dict[str, str] = {}
        self._log_dir: Path | None = None
        self._logs_of: dict[str, str] = {}

    @property
    def boards(self) -> tuple[SelectedBoard, ...]:
        """The boards that the session's options name; InputError if they name none."""
        return select_boards(self.config)

    @property
    def models_folder(self) -> Path:
        """The folder of model folders; InputError if there is none."""
        named = self.config.getoption("--models")
        return find_models_folder(Path(named) if named else None)

    @property
    def worker(self) -> str:
        """The name of this process: MAIN_PROCESS, or that of one of pytest-xdist's."""
        return str(getattr(self.config, "workerinput", {}).get("workerid", MAIN_PROCESS))

    @property
    def log_dir(self) -> Path:
        """The folder for logs and figures of this process, without what an earlier session left there.

        InputError if it cannot be written.
        """
        if self._log_dir is None:
            named = self.config.getoption("--hil-log-dir")
            folder = (Path(named).absolute() if named else home_folder(self.config) / LOG_FOLDER) / self.worker
            try:
                folder.mkdir(parents=True, exist_ok=True)
                for path in (path for pattern in OUR_LOGS for path in folder.glob(pattern)):
                    path.unlink()
            except OSError as exc:
                raise InputError(f"{folder}: logs cannot be kept there: {exc.strerror}; see --hil-log-dir") from exc
            self._log_dir = folder
        return self._log_dir

    @property
    def metrics_file(self) -> Path:
        """Where figures go, one line of JSON each."""
        return self.log_dir / METRICS_FILE

    def transcript_file(self, test: str) -> Path:
        """Return where the transcript of a test goes, which is no other test's."""
        name = re.sub(r"[^\w.-]+", "_", test)
        if len(name) > LONGEST_NAME or self._logs_of.setdefault(name, test) != test:
            name = f"{name[:LONGEST_NAME]}-{zlib.crc32(test.encode()):08x}"
        return self.log_dir / (name + TRANSCRIPT_END)

    def begin_test(self) -> None:
        """Let another test begin: of the one before it nothing is noted any more."""
        self.transcripts = {name: dut.transcript for name, dut in self.open_duts.items()}
        for dut in self.open_duts.values():
            dut.transcript.begin()
            dut.board.used.clear()

    def note(self, line: str) -> None:
        """Say something once, at the end of the session."""
        if line not in self.notes:
            self.notes.append(line)

    def is_lost(self, board: SelectedBoard) -> bool:
        """Whether nothing more is to be tried with a board in this session."""
        return board.name in self._lost

    def check_not_lost(self, board: SelectedBoard) -> None:
        """Raise BlockedError if a board is lost."""
        if board.name in self._lost:
            raise BlockedError(board.name, self._lost[board.name])

    def lose(self, board: SelectedBoard, error: Exception, steps: tuple[RecoveryStep, ...] = ()) -> None:
        """Give a board up: later tests on it are blocked.

        What is wrong with a board of a rig itself is remembered beyond the session: it is latched.
        """
        if self.is_lost(board):
            return
        self._lost[board.name] = why = error.why if isinstance(error, BlockedError) else str(error)
        if board.entry and _is_broken(error):
            try:
                latch(board.entry, why, steps)
            except McubenchError as exc:
                self.note(f"{board.name} could not be latched broken: {exc}")


def home_folder(config: pytest.Config) -> Path:
    """Return the folder that what a session reads and writes lies in.

    pytest takes every word of its command line that names a file for a place to look for its own settings, also what
    follows `--port`, and where it finds none it makes the root folder of it: /dev.
    """
    return config.rootpath if config.inipath else config.invocation_params.dir


def _is_broken(error: Exception) -> bool:
    return isinstance(error, RigError) and not isinstance(error, BlockedError | LockedError | StateError)


def rig_of(config: pytest.Config) -> Rig:
    """Return what this process knows of the session's boards."""
    if RIG_KEY not in config.stash:
        config.stash[RIG_KEY] = Rig(config)
    return config.stash[RIG_KEY]
