"""What it takes to use a board of a rig: where to open it, and what brings it back."""

from __future__ import annotations

from dataclasses import dataclass

from mcubench.boards import BoardAddress
from mcubench.recovery import ResetDriver
from mcubench.rig.entry import RigBoard

__all__ = ["Attachment"]


@dataclass(frozen=True)
class Attachment:
    """A board that is ours for now. `drivers` are what can reset it from outside its line, gentlest first."""

    board: RigBoard
    address: BoardAddress
    drivers: tuple[ResetDriver, ...] = ()
