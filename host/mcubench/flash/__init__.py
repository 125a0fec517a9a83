"""Firmware onto boards with PlatformIO: built once per kind, uploaded to each board's own probe, skipped where it is.

kind = BoardKind.of(rig_board)
built = build(need_project(), kind, "generated", models)
with use(rig_board, "my tests") as attachment:
    outcome = flash_board(attachment, built, force=False, log=Path("results/flash/disco-1.log"))
"""

from __future__ import annotations

from mcubench.flash.building import NOT_FLASHED, BoardKind, Built, build, given
from mcubench.flash.flashing import Action, FlashOutcome, flash_board
from mcubench.flash.several import BoardFlashed, flash_boards

__all__ = [
    "NOT_FLASHED",
    "Action",
    "BoardFlashed",
    "BoardKind",
    "Built",
    "FlashOutcome",
    "build",
    "flash_board",
    "flash_boards",
    "given",
]
