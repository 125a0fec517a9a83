"""Which boards of a rig some words mean."""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.errors import InputError
from mcubench.rig.entry import RigBoard
from mcubench.rig.keys import ALL, did_you_mean

__all__ = ["select_boards"]


def select_boards(boards: Sequence[RigBoard], words: Sequence[str], file: str) -> list[RigBoard]:
    """Return the connected boards that `words` name, each once, in the order of the words; no words mean all."""
    if not boards:
        raise InputError(f"{file}: no board in it; 'mcubench rig scan --write' adds those that are plugged in")
    found = [board for word in words or (ALL,) for board in _select(boards, word, file)]
    return list(dict.fromkeys(found))


def _select(boards: Sequence[RigBoard], word: str, file: str) -> list[RigBoard]:
    several = [board for board in boards if word in (ALL, board.board)]
    here = [board for board in several if board.connected]
    if here:
        return here
    if several:
        what = "no board" if word == ALL else f"no board '{word}'"
        raise InputError(f"{file}: {what} is connected; 'mcubench rig scan --write' looks for them")
    return [_only(boards, word, file)]


def _only(boards: Sequence[RigBoard], word: str, file: str) -> RigBoard:
    fitting = [board for board in boards if board.name == word]
    fitting = fitting or [board for board in boards if word and board.name.startswith(word)]
    if not fitting:
        names = [ALL, *dict.fromkeys(board.board for board in boards), *(board.name for board in boards)]
        raise InputError(f"{file}: no board '{word}'; {did_you_mean(word, names)}")
    if len(fitting) > 1:
        raise InputError(f"{file}: '{word}' may be any of {', '.join(board.name for board in fitting)}")
    if not fitting[0].connected:
        raise InputError(
            f"{file}: {fitting[0].name} is marked connected = false; 'mcubench rig scan --write' looks for it"
        )
    return fitting[0]
