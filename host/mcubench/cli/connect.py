"""Options that name a board, and a bench out of them."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from mcubench.boards import (
    KNOWN_BOARDS,
    BoardAddress,
    built_images,
    known_board,
    open_board,
    parse_board,
    parse_port,
)
from mcubench.errors import DeadlineError, InputError, LinkError, ProtocolError, RigError, UnreachableError
from mcubench.link import DEFAULT_BAUD, Link, Transcript, parse_line_fault
from mcubench.measure import Bench
from mcubench.protocol import Board, BoardInfo
from mcubench.protocol.liar import LyingLink
from mcubench.recovery import Ladder, LineRate, PowerScript, ResetDriver
from mcubench.symbols import holds_build, locate

__all__ = [
    "LineOptions",
    "board_address",
    "board_addresses",
    "board_options",
    "boards_options",
    "check_named",
    "open_bench",
    "with_line_faults",
]

log = logging.getLogger(__name__)

BOARD_HELP = "virtual:<chip>[?engine=...&fault=...], native[:<program>] or python:<engine>; see 'mcubench boards'."
PORT_HELP = "A real board: device, socket://host:port or rfc2217://host:port; @<baud> after it goes before --baud."
MAX_BAUD_HELP = "Raise the line's rate to this at most; default: to what the board says it can, if the line carries it."
POWER_CYCLE_HELP = (
    "What takes the power from a board that nothing else brings back, and gives it back: a line for the shell, with the"
    " board's port in $MCUBENCH_PORT and its name in $MCUBENCH_BOARD."
)
LINE_FAULT_HELP = (
    "Make the line to the board bad on purpose, as in flip:rate=1e-5; see docs/faults.md. May be repeated."
)


@dataclass(frozen=True)
class LineOptions:
    """How to open the lines of boards, and how to bring boards back that do not answer any more.

    `baud` is the rate that boards boot with whose addresses name none, `max_baud` the most it may be raised to.
    """

    baud: int = DEFAULT_BAUD
    max_baud: int | None = None
    power_cycle: str | None = None


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
    """Add --engine, --firmware, --line-fault (as a tuple `line_faults`), and the options that come as `line`."""

    @functools.wraps(function)  # with the options that it has already
    def wrapped(baud: int, max_baud: int | None, power_cycle: str | None, **arguments: Any) -> Any:
        return function(line=LineOptions(baud, max_baud, power_cycle), **arguments)

    options = [
        click.option("--engine", metavar="ENGINE", help="What must run the models; picks a virtual board's image."),
        click.option(
            "--firmware",
            type=click.Path(path_type=Path),
            metavar="ELF",
            help="What a virtual board runs; default: one with the models asked for.",
        ),
        click.option(
            "--baud", type=click.IntRange(1), default=DEFAULT_BAUD, show_default=True, help="What boards boot with."
        ),
        click.option("--max-baud", type=click.IntRange(1), metavar="BITS", help=MAX_BAUD_HELP),
        click.option("--power-cycle", metavar="CMD", help=POWER_CYCLE_HELP),
        click.option("--line-fault", "line_faults", multiple=True, metavar="SPEC", help=LINE_FAULT_HELP),
    ]
    with_options: Callable[..., Any] = wrapped
    for option in reversed(options):
        with_options = option(with_options)
    return with_options


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
    check_named(boards, ports, firmware)
    here = [parse_board(board, firmware, engine, models) for board in boards]
    addresses = [*here, *(parse_port(port, engine) for port in ports)]
    return [with_line_faults(address, line_faults) for address in addresses]


def check_named(boards: Sequence[str], ports: Sequence[str], firmware: Path | None) -> None:
    """Raise InputError if --board and --port name no board or one twice, or if --firmware is not for one of them."""
    if not boards and not ports:
        raise InputError("name a board: --board virtual:stm32f746, or --port for a real one")
    chips = sum(board.startswith("virtual:") for board in boards)
    if firmware and chips != 1:
        instead = "name the engine instead: virtual:<chip>?engine=<engine>" if chips else "none was named; leave it out"
        raise InputError(f"--firmware is for one virtual board; {instead}")
    if len({os.path.realpath(parse_port(port).port or port) for port in ports}) < len(ports):
        raise InputError(f"a port was named twice: {', '.join(ports)}")


def with_line_faults(address: BoardAddress, specs: Sequence[str]) -> BoardAddress:
    """Return the address with the faults of --line-fault."""
    return replace(address, line_faults=tuple(parse_line_fault(spec) for spec in specs))


@contextmanager
def open_bench(
    address: BoardAddress,
    line: LineOptions,
    drivers: Sequence[ResetDriver] = (),
    greet: Callable[[Board, Ladder], BoardInfo] | None = None,
) -> Iterator[Bench]:
    """Open a board and say hello. A board that is lost later is brought back if that can be, with `drivers` too.

    Until it has answered, what is wrong is what the user named (a port that is absent, busy, silent, or talks garbage):
    UnreachableError. After that it is the rig: RigError. A board without the engine asked for is an InputError. Who
    knows that there is a board says hello in a way of his own, with `greet`.
    """
    if line.power_cycle:
        drivers = [*drivers, PowerScript(line.power_cycle)]
    with ExitStack() as stack:
        transcript = Transcript()
        try:
            opened = stack.enter_context(open_board(address, line.baud, transcript, _liar(address)))
        except LinkError as exc:
            raise UnreachableError(str(exc)) from exc
        ladder = Ladder(opened, drivers)
        board = Board(opened.link, ladder)
        info = greet(board, ladder) if greet else _first_answer(board, address, line)
        _check_engine(address, info)
        try:
            yield Bench(
                board,
                info,
                board.models(),
                opened.timing_model,
                opened.end,
                address.name,
                ladder,
                LineRate(line.max_baud).settle,
                _source_finder(address, info),
            )
            if opened.child is None:
                _leave_line(board)
        except Exception:
            log.debug("last bytes on %s:\n%s", opened.link.name, transcript)
            if opened.child:
                log.debug("last words of %s: %s", opened.child.name, opened.child.last_words())
            raise


def _leave_line(board: Board) -> None:
    """Take the line back to the rate that the board boots with, where the next hello is understood at once."""
    if board.link.has_rate and board.link.baud != board.boot_baud:
        with contextlib.suppress(RigError):  # then that hello has to call the board back, which it can
            board.set_baud(board.boot_baud)


def _first_answer(board: Board, address: BoardAddress, line: LineOptions) -> BoardInfo:
    """Say hello to what the user named: what does not answer there may be no board, and nothing of it is reset."""
    try:
        return board.connect()
    except (DeadlineError, ProtocolError) as exc:
        raise UnreachableError(f"{exc}{_baud_hint(address, line.baud)}") from exc
    except LinkError as exc:
        raise UnreachableError(str(exc)) from exc


def _source_finder(address: BoardAddress, info: BoardInfo) -> Callable[[int], str | None]:
    """Return what tells the source line of an address, from the ELF whose build the board says that it runs."""

    def find(address_in_image: int) -> str | None:
        known = known_board(info.board)
        built = built_images(known, info.engine) if known else []
        for image in [address.image, *built] if address.image else built:
            with contextlib.suppress(InputError):  # a file that is no ELF knows of no source either
                if holds_build(image, info.build_id):
                    return locate(image, address_in_image)
        return None

    return find


def _liar(address: BoardAddress) -> Callable[[Link], Link]:
    """Return what makes the board a liar, if that was asked for: it sits at the board's end of any faulty cable."""
    lies = [fault.values for fault in address.line_faults if fault.name == "lie"]

    def wrap(link: Link) -> Link:
        for values in lies:
            link = LyingLink(link, values["rate"] or 0.0, int(values["seed"] or 0))
        return link

    return wrap


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
    elif address.expected_board:
        can = f"flash it: mcubench flash --board {address.name} --engine {address.engine}"
    else:
        can = f"flash it: pio run -e {known.environment(str(address.engine))} -t upload"
    raise InputError(f"{address.name}: engine '{address.engine}' was asked for, the board runs '{info.engine}'; {can}")
