"""Boards of a bench rig on the command line: which ones are named, and a bench out of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from mcubench.boards import BoardAddress, check_identity
from mcubench.cli.connect import LineOptions, open_bench
from mcubench.errors import InputError, RigError
from mcubench.measure import Bench
from mcubench.protocol import Board, BoardInfo
from mcubench.recovery import Ladder, RecoveryStep, say_hello
from mcubench.rig import RigBoard, latch, use
from mcubench.rig.file import find_rig_file, read_rig

__all__ = ["NamedBoards", "choose_boards", "open_rig_bench", "rig_option"]

RIG_HELP = "The rig file; default: $MCUBENCH_RIG, ./rig.toml, or the user's."
# What begins the names of boards that no rig file has.
ELSEWHERE = ("virtual:", "native:", "python:")
# The word that means every board of a rig.
ALL = "all"


def rig_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --rig, which reaches the command as `rig_file`."""
    return click.option(
        "--rig", "rig_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=RIG_HELP
    )(function)


@dataclass(frozen=True)
class NamedBoards:
    """What --board names: `rig_words` mean the `rig_boards`, all else is in `others`."""

    rig_words: list[str]
    rig_boards: list[RigBoard]
    others: list[str]


def choose_boards(boards: Sequence[str], ports: Sequence[str], rig_file: Path | None) -> NamedBoards:
    """Return the boards that --board names; names of a rig may be several with commas. --rig alone means all of it.

    Raises InputError as `RigFile.select` does, or if there is no rig file for them; RigFileError if it has mistakes.
    """
    split = [word.strip() for text in boards for word in ([text] if text.startswith(ELSEWHERE) else text.split(","))]
    words = [word for word in split if word != "native" and not word.startswith(ELSEWHERE)]
    if rig_file and not split and not ports:
        words = [ALL]
    if not words:
        return NamedBoards([], [], split)
    path = find_rig_file(rig_file)
    if path is None:
        raise InputError(
            f"no board '{words[0]}'; expected virtual:<chip>, native[:<program>], python:<engine>, a real board with"
            " --port, or one of a rig file, but there is none; 'mcubench rig scan --write' makes it"
        )
    return NamedBoards(words, read_rig(path).select(words), [word for word in split if word not in words])


@contextmanager
def open_rig_bench(board: RigBoard, options: BoardAddress, line: LineOptions, reason: str) -> Iterator[Bench]:
    """Have a board of a rig alone, and say hello; one that nothing brings back is latched broken.

    `options` has the engine and the line faults to open it with. Raises LockedError or BlockedError if the board cannot
    be had, RigError if it does not answer or another one does, else what `open_bench` raises.
    """
    is_ours, is_wanted = True, True
    steps: list[RecoveryStep] = []

    def greet(connection: Board, ladder: Ladder) -> BoardInfo:
        nonlocal is_ours, steps
        steps = ladder.steps
        info = say_hello(connection, ladder)
        is_ours = False  # which needs no latch: it is asked anew every time, and nothing is broken
        check_identity(address, info.board, info.uid)
        is_ours = True
        return info

    with use(board, reason) as attachment:
        address = replace(attachment.address, engine=options.engine, line_faults=options.line_faults)
        try:
            with open_bench(address, line, attachment.drivers, greet) as bench:
                end = bench.abort

                def abort() -> None:
                    nonlocal is_wanted
                    is_wanted = False
                    end()

                yield replace(bench, name=board.name, abort=abort)
        except RigError as exc:
            if is_ours and is_wanted:
                latch(board, str(exc), steps)
            raise
