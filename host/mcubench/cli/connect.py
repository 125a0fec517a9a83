"""Options that name a board, and a bench out of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import click

from mcubench.boards import BoardAddress, open_board, parse_board, parse_port
from mcubench.errors import DeadlineError, InputError, LinkError, ProtocolError
from mcubench.link import DEFAULT_BAUD, Transcript
from mcubench.measure import Bench
from mcubench.protocol import Board

__all__ = ["board_address", "board_options", "open_bench"]

log = logging.getLogger(__name__)


def board_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --board, --port, --firmware and --baud to a command."""
    options = [
        click.option("--board", metavar="BOARD", help="virtual:<chip>[?fault=...]; see 'mcubench boards'."),
        click.option("--port", metavar="PORT", help="A real board: device, socket://host:port or rfc2217://host:port."),
        click.option(
            "--firmware",
            type=click.Path(path_type=Path),
            metavar="ELF",
            help="What a virtual board runs; default: what 'make firmware' built.",
        ),
        click.option("--baud", type=click.IntRange(1), default=DEFAULT_BAUD, show_default=True),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def board_address(board: str | None, port: str | None, firmware: Path | None) -> BoardAddress:
    """Return the address that the options name; InputError if they name none or two."""
    if board and port:
        raise InputError("--board and --port exclude each other; a real board needs only --port")
    if port:
        return parse_port(port)
    if board:
        return parse_board(board, firmware)
    raise InputError("name a board: --board virtual:stm32f746, or --port for a real one")


@contextmanager
def open_bench(address: BoardAddress, baud: int) -> Iterator[Bench]:
    """Open a board and say hello.

    Until it has answered, what is wrong is what the user named (a port that is absent, busy, silent, or talks garbage):
    InputError. After that it is the rig: RigError.
    """
    with ExitStack() as stack:
        transcript = Transcript()
        try:
            opened = stack.enter_context(open_board(address, baud, transcript))
            board = Board(opened.link)
            info = board.connect()
        except (LinkError, DeadlineError, ProtocolError) as exc:
            raise InputError(str(exc)) from exc
        try:
            child = opened.child
            yield Bench(
                board, info, board.models(), child.timing_model if child else None, child.kill if child else _pass
            )
        except Exception:
            log.debug("last bytes on %s:\n%s", opened.link.name, transcript)
            if child:
                log.debug("last words of %s: %s", child.name, child.last_words())
            raise


def _pass() -> None:
    """A real board cannot be ended."""
