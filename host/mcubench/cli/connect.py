"""Options that name a board, and a bench out of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from mcubench.boards import KNOWN_BOARDS, BoardAddress, known_board, open_board, parse_board, parse_port
from mcubench.errors import DeadlineError, InputError, LinkError, ProtocolError, UnreachableError
from mcubench.link import DEFAULT_BAUD, Transcript, parse_line_fault
from mcubench.measure import Bench
from mcubench.protocol import Board, BoardInfo

__all__ = ["board_address", "board_addresses", "board_options", "boards_options", "open_bench"]

log = logging.getLogger(__name__)

BOARD_HELP = "virtual:<chip>[?engine=...&fault=...], native[:<program>] or python:<engine>; see 'mcubench boards'."
PORT_HELP = "A real board: device, socket://host:port or rfc2217://host:port; @<baud> after it goes before --baud."
LINE_FAULT_HELP = (
    "Make the line to the board bad on purpose, as in flip:rate=1e-5; see docs/faults.md. May be repeated."
)


def board_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --board, --port and what `link_options` adds to a command for one board."""
    function = click.option("--port", metavar="PORT", help=PORT_HELP)(link_options(function))
    return click.option("--board", metavar="BOARD", help=BOARD_HELP)(function)


def boards_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the same for several boards: --board and --port reach the command as tuples `boards` and `ports`."""
    several = " May be repeated."
    port = click.option("--port", "ports", multiple=True, metavar="PORT", help=PORT_HELP + several)
    board = click.option("--board", "boards", multiple=True, metavar="BOARD", help=BOARD_HELP + several)
    return board(port(link_options(function)))


def link_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add --engine, --firmware, --baud and --line-fault to a command; the last comes as a tuple `line_faults`."""
    options = [
        click.option("--engine", metavar="ENGINE", help="What must run the models; picks a virtual board's image."),
        click.option(
            "--firmware",
            type=click.Path(path_type=Path),
            metavar="ELF",
            help="What a virtual board runs; default: what 'make firmware' built.",
        ),
        click.option("--baud", type=click.IntRange(1), default=DEFAULT_BAUD, show_default=True),
        click.option("--line-fault", "line_faults", multiple=True, metavar="SPEC", help=LINE_FAULT_HELP),
    ]
    for option in reversed(options):
        function = option(function)
    return function


def board_address(
    board: str | None,
    port: str | None,
    firmware: Path | None,
    engine: str | None = None,
    models: Sequence[Path] = (),
    line_faults: Sequence[str] = (),
) -> BoardAddress:
    """Return the address that the options of one board name; InputError if they name none or two.

    `models` are the folders that a Python board is to serve.
    """
    if board and port:
        raise InputError("--board and --port exclude each other; a real board needs only --port")
    return board_addresses([board] if board else [], [port] if port else [], firmware, engine, models, line_faults)[0]


def board_addresses(
    boards: Sequence[str],
    ports: Sequence[str],
    firmware: Path | None,
    engine: str | None = None,
    models: Sequence[Path] = (),
    line_faults: Sequence[str] = (),
) -> list[BoardAddress]:
    """Return the addresses that the options name, --board first; InputError if they name none."""
    if not boards and not ports:
        raise InputError("name a board: --board virtual:stm32f746, or --port for a real one")
    chips = sum(board.startswith("virtual:") for board in boards)
    if firmware and chips != 1:
        instead = "name the engine instead: virtual:<chip>?engine=<engine>" if chips else "none was named; leave it out"
        raise InputError(f"--firmware is for one virtual board; {instead}")
    real = [parse_port(port, engine) for port in ports]
    if len({address.port for address in real}) < len(real):
        raise InputError(f"a port was named twice: {', '.join(ports)}")
    faults = tuple(parse_line_fault(spec) for spec in line_faults)
    virtual = [parse_board(board, firmware, engine, models) for board in boards]
    return [replace(address, line_faults=faults) for address in (*virtual, *real)]


@contextmanager
def open_bench(address: BoardAddress, baud: int) -> Iterator[Bench]:
    """Open a board and say hello.

    Until it has answered, what is wrong is what the user named (a port that is absent, busy, silent, or talks garbage):
    UnreachableError. After that it is the rig: RigError. A board without the engine asked for is an InputError.
    """
    with ExitStack() as stack:
        transcript = Transcript()
        try:
            opened = stack.enter_context(open_board(address, baud, transcript))
            board = Board(opened.link)
            info = board.connect()
        except (DeadlineError, ProtocolError) as exc:
            raise UnreachableError(f"{exc}{_baud_hint(address, baud)}") from exc
        except (LinkError, InputError) as exc:
            raise UnreachableError(str(exc)) from exc
        _check_engine(address, info)
        try:
            child = opened.child
            yield Bench(
                board,
                info,
                board.models(),
                child.timing_model if child else None,
                child.kill if child else _pass,
                address.name,
            )
        except Exception:
            log.debug("last bytes on %s:\n%s", opened.link.name, transcript)
            if child:
                log.debug("last words of %s: %s", child.name, child.last_words())
            raise


def _baud_hint(address: BoardAddress, baud: int) -> str:
    """Name the boards that would not have understood, if the user left the baud rate to us."""
    if address.port is None or address.baud or baud != DEFAULT_BAUD or address.port.startswith("socket://"):
        return ""
    others = [board for board in KNOWN_BOARDS if board.baud != DEFAULT_BAUD]
    return "".join(f"; if it is an {each.product}: --port {address.port}@{each.baud}" for each in others)


def _check_engine(address: BoardAddress, info: BoardInfo) -> None:
    if address.engine in (None, info.engine):
        return
    known = known_board(info.board)
    if known is None or address.engine not in known.engines:
        can = f"{info.board} can have {', '.join(known.engines)}" if known else "name a board that has it"
    elif address.port is None:
        can = "build its image again, or name another"
    else:
        can = f"flash it: pio run -e {known.environment(str(address.engine))} -t upload"
    raise InputError(f"{address.name}: engine '{address.engine}' was asked for, the board runs '{info.engine}'; {can}")


def _pass() -> None:
    """A real board cannot be ended."""
