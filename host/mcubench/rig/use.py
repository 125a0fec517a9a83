"""Using a board of a rig: nobody else has it meanwhile, and it is not known to be broken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mcubench.errors import BlockedError
from mcubench.rig.address import address_of
from mcubench.rig.attachment import Attachment
from mcubench.rig.drivers import drivers_of
from mcubench.rig.entry import RigBoard
from mcubench.rig.latch import latched
from mcubench.rig.lock import hold

__all__ = ["use"]


@contextmanager
def use(board: RigBoard, reason: str, even_latched: bool = False) -> Iterator[Attachment]:
    """Have a board alone, ready to be opened; everything is given back at the end.

    `reason` is what others read who want it too. Raises LockedError if somebody else has it, BlockedError if it was
    latched broken, unless `even_latched`.
    """
    with hold(board, reason):
        broken = latched(board)
        if broken and not even_latched:
            raise BlockedError(board.name, f"{broken.why} (since {broken.since})")
        yield Attachment(board, address_of(board), drivers_of(board))
