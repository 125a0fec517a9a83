"""Which boards of a sweep share their points: equal ones, so that it does not matter which of them measures a point."""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.cli.sweep_board import SweepBoard, Task
from mcubench.errors import InputError

__all__ = ["make_tasks"]


def make_tasks(boards: Sequence[SweepBoard], share: bool) -> list[Task]:
    """Return a task for each board that is open; or one for all that call themselves the same, if they `share`.

    Boards that are programs of this PC keep their own. InputError if boards that would share are not equal.
    """
    tasks: dict[str, Task] = {}
    for board in boards:
        is_shared = share and not board.run.address.command
        title = _shared_title(board) if is_shared else board.title
        if title in tasks:
            _check_equal(tasks[title].first, board)
            tasks[title].boards.append(board)
        else:
            tasks[title] = Task([board], title, _shared_place(board) if is_shared else board.place, is_shared)
    return list(tasks.values())


def _shared_place(board: SweepBoard) -> str:
    """Return what stands for all boards of a kind; what is modelled is another kind than what is measured."""
    info = board.bench.info
    return f"virtual:{info.board}" if info.timing == "modelled" else info.board


def _shared_title(board: SweepBoard) -> str:
    return f"{_shared_place(board)}, engine {board.bench.info.engine}"


def _check_equal(first: SweepBoard, other: SweepBoard) -> None:
    """Raise InputError naming what two boards of a kind do not have in common."""
    a, b = _facts(first), _facts(other)
    different = next((key for key in a if a[key] != b[key]), None)
    if different:
        raise InputError(
            f"{first.title} and {other.title} cannot share points: {different} is {a[different]} and {b[different]};"
            f" flash them alike ('mcubench flash --board {first.title},{other.title}'), or sweep without --share"
        )


def _facts(board: SweepBoard) -> dict[str, str]:
    bench = board.bench
    return {
        "firmware build": bench.info.build_id,
        "core": bench.info.core,
        "engine version": bench.info.engine_version,
        "models": " ".join(sorted(f"{model.name}={model.sha256[:12]}" for model in bench.models)),
    }
