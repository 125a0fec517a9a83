"""The device under test: a board that is open, and what a test can ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mcubench.boards import BoardAddress
from mcubench.errors import CheckFailedError, RestartedError, RigError
from mcubench.link import Link
from mcubench.measure import Bench, Settings
from mcubench.protocol import Board, BoardInfo, ModelInfo, Rescuer
from mcubench.protocol.client import HELLO_TIMEOUT_S
from mcubench.pytest_plugin.measuring import measure_point
from mcubench.pytest_plugin.result import RunResult
from mcubench.pytest_plugin.rig import Rig
from mcubench.pytest_plugin.selection import SelectedBoard
from mcubench.pytest_plugin.transcripts import TestTranscript
from mcubench.recovery import Ladder

__all__ = ["BetweenTests", "Dut", "DutBoard"]

# Enough to notice wrong outputs at once; a suite that runs on every change has to be quick.
VECTORS = 30


class DutBoard(Board):
    """A board that remembers which models were used: `used` has their hashes by name."""

    def __init__(self, link: Link, rescuer: Rescuer | None = None) -> None:
        super().__init__(link, rescuer)
        self.used: dict[str, str] = {}

    def select(self, model: str, arena_bytes: int | None = None) -> ModelInfo:
        """Prepare the engine for a model, and remember it."""
        info = super().select(model, arena_bytes)
        self.used[info.name] = info.sha256
        return info


@dataclass
class BetweenTests:
    """The rescuer of a board under test, which helps only while it `may`: in a test it would hide what that looks for.

    `ladder` is what it has.
    """

    ladder: Ladder
    may: bool = False

    def rescue(self, board: Board, error: RigError) -> BoardInfo:
        """Bring the board back if it may."""
        if not self.may:
            raise error
        return self.ladder.rescue(board, error)


@dataclass
class Dut:
    """The fixture `dut`. Its clock and its model are what the last test left.

    `board` is the client of its protocol; `timing_model` is None for a real board, `program_id` for one that is
    no program that we started; `abort` ends such a program for good, and does nothing to a real board.
    """

    rig: Rig
    selected: SelectedBoard
    address: BoardAddress
    board: DutBoard
    info: BoardInfo
    transcript: TestTranscript
    rescuer: BetweenTests
    timing_model: str | None = None
    program_id: int | None = None
    abort: Callable[[], None] = lambda: None

    @property
    def name(self) -> str:
        """Its name in the rig file, or its address."""
        return self.selected.name

    @property
    def is_virtual(self) -> bool:
        """Whether times are modelled, not measured."""
        return self.info.timing == "modelled"

    @property
    def models(self) -> tuple[ModelInfo, ...]:
        """The models in its image."""
        return self.resynchronise().models()

    def run(
        self, model: str, clock: str = "main", vectors: int = VECTORS, samples: int = 20, cold_samples: int = 3
    ) -> RunResult:
        """Measure a model at a clock setting, the fastest by default, after `vectors` outputs were checked.

        Raises CheckFailedError if an output, the score or the clock is wrong: then there is no result.
        """
        record = measure_point(self, model, clock, vectors, Settings(samples, cold_samples))
        if record.status != "ok":
            raise CheckFailedError(f"{self.name}: {record.point_id}: {record.error}")
        return RunResult.of(record)

    def reset(self) -> BoardInfo:
        """Let the board reset itself, and return who it is then."""
        return self.resynchronise().reset()

    def resynchronise(self) -> Board:
        """Bring host and board in step, whatever the last test left behind, and return the board.

        Raises RigError if the board does not answer, BlockedError if it is known not to.
        """
        self.rig.check_not_lost(self.selected)
        self.board.connect(HELLO_TIMEOUT_S * self.rig.timeout_multiplier)
        return self.board

    def bring_back(self, error: RigError) -> None:
        """Do what can be done to make the board answer again; RigError if nothing helps."""
        self.rescuer.may = True
        try:
            self.board.recover(error, "a test used it")
        except RestartedError:
            pass  # it answers again, and nothing of what it was at is needed any more
        finally:
            self.rescuer.may = False

    def bench(self) -> Bench:
        """Return it as what points are measured on."""
        return Bench(
            board=self.board,
            info=self.info,
            models=self.board.models(),
            timing_model=self.timing_model,
            abort=self.abort,
            address=self.address.name,
        )
