"""Whether the board that answers is the one that was meant."""

from __future__ import annotations

from mcubench.boards.resolve import BoardAddress
from mcubench.errors import RigError

__all__ = ["check_identity"]


def check_identity(address: BoardAddress, info_board: str, info_uid: str) -> None:
    """Raise RigError if the address expects another board than the one that calls itself so in `info`."""
    board, uid = address.expected_board, address.expected_uid
    if board in (None, info_board) and (uid is None or uid.lower() == info_uid.lower()):
        return
    expected = f"{board or 'a board'}{f' with id {uid}' if uid else ''}"
    raise RigError(
        f"{address.name}: another board answers at {address.port}: expected {expected}, seen {info_board} with id "
        f"{info_uid}; mend the rig file ('mcubench rig scan') or the cables"
    )
