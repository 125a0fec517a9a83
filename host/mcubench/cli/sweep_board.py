"""The boards of a sweep while it goes on, and the tasks that they have: a plan each, or one for several equal ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

from mcubench.cli.connect import LineOptions, open_bench
from mcubench.cli.on_rig import open_rig_bench
from mcubench.cli.runs import check_same_board, identity
from mcubench.cli.swept import SweptBoard
from mcubench.errors import McubenchError
from mcubench.measure import Bench, BoardOpened, Lane, Point, blocked_record
from mcubench.models import Model
from mcubench.rig import RigBoard, latched
from mcubench.store import Record

__all__ = ["SweepBoard", "Task", "sweep_boards"]

# What others read who want a board of the rig meanwhile.
REASON = "mcubench sweep"
# How the line of a lost board begins: with points left that nobody measured, or without.
BLOCKED, LOST = "BLOCKED", "LOST"


class SweepBoard:
    """One board of a sweep with one image, and what became of it. No two have the same `title`."""

    def __init__(self, swept: SweptBoard, place: int, line: LineOptions) -> None:
        self.run = swept.runs[place]
        self.rig_board = swept.rig_board
        self.number = swept.number
        self.title = f"{swept.title} image {place + 1} of {len(swept.runs)}" if len(swept.runs) > 1 else swept.title
        self.opened: BoardOpened | None = None
        self.trouble: McubenchError | None = None
        self._line = line
        address = self.run.address
        self.lane = Lane(
            self.title,
            self._open,
            can_multiply=address.can_multiply,
            computes_here=bool(address.command) or _is_virtual_here(self.rig_board),
        )

    @property
    def bench(self) -> Bench:
        assert self.opened is not None
        return self.opened.bench

    @property
    def place(self) -> str | None:
        """What its points are called by instead of what it calls itself, if anything."""
        if self.rig_board:
            return self.rig_board.name
        return None if self.number is None else f"{self.bench.info.board}.{self.number}"

    @property
    def why(self) -> str:
        """Why it is lost."""
        words = str(self.trouble).removeprefix(f"{self.title}: ")
        is_latched = self.opened and self.rig_board and latched(self.rig_board)
        return f"latched broken: {words}" if is_latched else words

    @contextmanager
    def _open(self) -> Iterator[Bench]:
        with self._bench() as bench:
            if self.opened:
                first, this = (identity(each, self.run.models) for each in (self.opened.bench, bench))
                check_same_board(first, this, f"{self.title} is not the same every time")
            yield bench

    def _bench(self) -> AbstractContextManager[Bench]:
        if self.rig_board:
            return open_rig_bench(self.rig_board, self.run.address, self._line, REASON)
        return open_bench(self.run.address, self._line)


def _is_virtual_here(board: RigBoard | None) -> bool:
    """Whether it is a virtual board of a rig whose program runs on this PC."""
    return board is not None and board.is_virtual and "://" not in (board.serial or "")


class Task:
    """A plan of points, and the boards that measure it: one, or equal ones that share it (`is_shared`).

    `place` stands for the boards in the points' ids, None if that is what they call themselves.
    """

    def __init__(self, boards: Sequence[SweepBoard], title: str, place: str | None, is_shared: bool = False) -> None:
        self.boards = list(boards)
        self.title = title
        self.place = place
        self.is_shared = is_shared
        self.plan: list[Point] = []

    @property
    def first(self) -> SweepBoard:
        """A board that tells what all of them are."""
        return self.boards[0]

    @property
    def models(self) -> Sequence[Model]:
        return self.first.run.models

    def identity(self, is_named: bool) -> dict[str, str]:
        """Return what must stay the same within a run."""
        return identity(self.first.bench, self.models, self.title if is_named else None, with_uid=not self.is_shared)

    def undone(self, done: set[str]) -> list[Point]:
        """Return the points of the plan that are not done."""
        return [point for point in self.plan if point.id not in done]

    def loss_lines(self, done: set[str]) -> list[str]:
        """Return a line for every board that is lost, and one for points that nobody measured."""
        lost = [board for board in self.boards if board.trouble]
        undone = len(self.undone(done)) if lost else 0
        extent = f"{self.title}: {undone} of {len(self.plan)} points not measured"
        if undone and not self.is_shared:
            return [f"{BLOCKED} {extent}: {self.first.why}"]
        lines = [f"{LOST} {board.title}: {board.why}" for board in lost]
        if undone:
            lines.append(f"{BLOCKED} {extent}: {self._why_blocked(lost)}")
        return lines

    def blocked_records(self, done: set[str], run_id: str) -> list[Record]:
        """Return a record for each point that was not measured because boards are lost."""
        lost = [board for board in self.boards if board.trouble]
        if not lost:
            return []
        why = self._why_blocked(lost) if self.is_shared else self.first.why
        records = [blocked_record(self.first.bench, point, run_id, why) for point in self.undone(done)]
        return [replace(each, board_name=None, board_uid="") for each in records] if self.is_shared else records

    def _why_blocked(self, lost: Sequence[SweepBoard]) -> str:
        names = ", ".join(board.title for board in lost)
        if len(lost) < len(self.boards):
            return f"{names} were lost at them"
        return f"no board is left, lost {'was' if len(lost) == 1 else 'were'} {names}"


def sweep_boards(swept: Sequence[SweptBoard], line: LineOptions) -> list[SweepBoard]:
    """Return a board for each image; where there are several its title says which."""
    return [SweepBoard(board, place, line) for board in swept for place in range(len(board.runs))]
