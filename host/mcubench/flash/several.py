"""Flashing several boards at once, each on its own: what is wrong with one does not keep the others from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from mcubench.errors import McubenchError, RigError
from mcubench.flash.building import BoardKind, Built
from mcubench.flash.flashing import FlashOutcome, flash_board
from mcubench.rig import RigBoard, unlatch, use

__all__ = ["BoardFlashed", "flash_boards"]

# Each upload is two processes of about 50 MB, and half a second of a processor.
MOST_AT_ONCE = 16
REASON = "mcubench flash"


@dataclass(frozen=True)
class BoardFlashed:
    """What became of a board: either an outcome or an error."""

    board: RigBoard
    outcome: FlashOutcome | None = None
    error: McubenchError | None = None


def flash_boards(
    boards: Sequence[RigBoard],
    images: Mapping[BoardKind, Built | RigError],
    force: bool,
    log_folder: Path,
    tell: Callable[[RigBoard, str], None] = lambda _board, _doing: None,
    end: Callable[[BoardFlashed], None] = lambda _: None,
) -> list[BoardFlashed]:
    """Flash every board with the image of its kind, or say why not, and return what became of each, in their order.

    An error in place of an image is that of all boards of the kind. `tell` gets what is being done with a board, from
    several threads, `end` what became of it. A board that was latched broken and then answers is unlatched. Once
    interrupted it begins with no more boards, but lets uploads end: a board that is half written would be worse.
    """
    log_folder.mkdir(parents=True, exist_ok=True)

    def flash(board: RigBoard) -> BoardFlashed:
        image = images[BoardKind.of(board)]
        if isinstance(image, RigError):
            return BoardFlashed(board, error=image)
        try:
            # New firmware may be just what a board needs that was latched broken.
            with use(board, REASON, even_latched=True) as attachment:
                log = log_folder / f"{board.name}.log"
                outcome = flash_board(attachment, image, force, log, lambda doing: tell(board, doing))
                unlatch(board)
                return BoardFlashed(board, outcome)
        except McubenchError as exc:
            return BoardFlashed(board, error=exc)

    with ThreadPoolExecutor(min(MOST_AT_ONCE, max(1, len(boards)))) as pool:
        futures = [pool.submit(flash, board) for board in boards]
        try:
            for future in as_completed(futures):
                end(future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]
