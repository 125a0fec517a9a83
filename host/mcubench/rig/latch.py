"""Boards that were lost and that nothing brought back: nothing more is tried with them until somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mcubench.errors import StateError
from mcubench.recovery import RecoveryStep
from mcubench.rig.entry import RigBoard
from mcubench.rig.state import change_state, read_state, state_file, time_now

__all__ = ["Latch", "latch", "latched", "unlatch"]

KIND = "latch"


@dataclass(frozen=True)
class Latch:
    """Why a board is out of use, since when (in UTC), and what had been tried with it."""

    board: str
    why: str
    since: str
    tried: tuple[str, ...]


def latch(board: RigBoard, why: str, steps: Sequence[RecoveryStep] = ()) -> None:
    """Take a board out of use; the first reason stays. `steps` are what its ladder tried."""
    with change_state(state_file(board, KIND)) as file:
        if file.content is None:
            tried = [f"{step.step}: {'helped' if step.ok else 'in vain'}" for step in steps]
            file.replace({"board": board.name, "why": why, "since": time_now(), "tried": tried})


def latched(board: RigBoard) -> Latch | None:
    """Return why a board is out of use; None if it is not."""
    path = state_file(board, KIND)
    content = read_state(path)
    return _as_latch(content, path) if content else None


def unlatch(board: RigBoard) -> Latch | None:
    """Let a board be used again; return why it was not, None if it was."""
    path = state_file(board, KIND)
    if latched(board) is None:
        return None
    with change_state(path) as file:
        content = file.content
        file.replace(None)
    return _as_latch(content, path) if content else None


def _as_latch(content: dict[str, Any], path: Path) -> Latch:
    try:
        return Latch(content["board"], content["why"], content["since"], tuple(content["tried"]))
    except (KeyError, TypeError) as exc:
        raise StateError(f"{path}: expected why a board is out of use, found something else; remove the file") from exc
