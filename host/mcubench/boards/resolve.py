"""`--board` and `--port` as addresses of boards."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from mcubench.boards.images import find_image, find_native_program
from mcubench.boards.known import DEFAULT_ENGINE, KnownBoard, known_board, virtual_chips
from mcubench.errors import InputError
from mcubench.link import LineFault

__all__ = [
    "BoardAddress",
    "ImageTarget",
    "image_target",
    "is_server",
    "number_boards",
    "parse_board",
    "parse_port",
]

SERVER_SCHEMES = ("socket", "rfc2217")
FORMS = "native[:<program>], python:<engine>"


@dataclass(frozen=True)
class BoardAddress:
    """Where a board is: a port to open, or a command to start that makes one. Exactly one of both is set.

    `engine` is the one that the board must have, None if any will do. Several boards of one address can run at once if
    it `can_multiply`; a program that `has_reset_pin` takes a signal for it. `baud` is that of this port alone. Whoever
    opens it gets a line of his own with `line_faults`. `image` is the ELF that runs there, as far as it is known.
    `expected_board` and `expected_uid` are what must answer there, as `info` has them; None if anything may.
    `timing_model` is the version of the cycle costs of a virtual board that runs there already.
    """

    name: str
    port: str | None = None
    baud: int | None = None
    command: tuple[str, ...] | None = None
    engine: str | None = None
    can_multiply: bool = False
    has_reset_pin: bool = False
    line_faults: tuple[LineFault, ...] = ()
    image: Path | None = None
    expected_board: str | None = None
    expected_uid: str | None = None
    timing_model: str | None = None

    @property
    def kind(self) -> str:
        """Return `virtual:<chip>`, `native`, `python:<engine>` or `port`: what is known of the board beforehand."""
        if self.port is not None:
            return "port"
        name = self.name.partition("?")[0]
        return "native" if name.startswith("native") else name


@dataclass(frozen=True)
class ImageTarget:
    """A board on this machine that runs whatever image it is given; `name` is that of its address."""

    name: str
    board: KnownBoard
    engine: str


def image_target(text: str, engine: str | None = None) -> ImageTarget | None:
    """Return what image the board that `text` names can have; None if it is no board whose image may be chosen.

    Raises InputError if it is a virtual board that cannot be.
    """
    kind, colon, rest = text.partition(":")
    if kind == "virtual" and rest:
        name, board, chosen, _ = _named_virtual(text, rest, engine)
        return ImageTarget(name, board, chosen or DEFAULT_ENGINE)
    native = known_board(kind)
    if native and kind == "native" and not colon and engine in (None, *native.engines):
        return ImageTarget(text, native, DEFAULT_ENGINE)
    return None


def parse_port(port: str, engine: str | None = None) -> BoardAddress:
    """Return the address of a real board behind a device name or URL, with its baud rate if it ends in `@<baud>`.

    Raises InputError if it is a server's without host or port.
    """
    name, _, baud = port.rpartition("@")
    has_baud = bool(name) and baud.isdecimal() and int(baud) > 0
    place = name if has_baud else port
    if place.startswith(tuple(f"{scheme}://" for scheme in SERVER_SCHEMES)) and not is_server(place):
        raise InputError(f"{port}: expected {place.partition(':')[0]}://HOST:PORT, with a port from 1 to 65535")
    return BoardAddress(port, port=place, baud=int(baud) if has_baud else None, engine=engine)


def is_server(url: str) -> bool:
    """Tell whether a URL has the scheme of a serial port behind a server, a host, and a port that can be."""
    try:
        parts = urlsplit(url)
        return parts.scheme in SERVER_SCHEMES and bool(parts.hostname and parts.port)
    except ValueError:  # a port that is no number, or beyond 65535
        return False


def parse_board(
    text: str, firmware: Path | None = None, engine: str | None = None, models: Sequence[Path] = ()
) -> BoardAddress:
    """Return the address that `virtual:<chip>[?engine=...&fault=...]`, `native[:<program>]` or `python:<engine>` names.

    `firmware` is the ELF that a virtual board runs, or the program that `native` is; None looks for the one that
    `make firmware` built with `engine`. `models` are the folders that a Python board serves. Raises InputError if it
    names nothing that can be started.
    """
    kind, colon, rest = text.partition(":")
    if kind == "virtual" and rest:
        return _virtual(text, rest, firmware, engine)
    if kind == "native" and (rest or not colon):
        program = rest or str(firmware or find_native_program())
        return BoardAddress(text, command=(program,), engine=engine, image=Path(program))
    if kind == "python" and rest:
        return _python(text, rest, engine, models)
    known = ", ".join(f"virtual:{chip}" for chip in virtual_chips())
    raise InputError(f"no board '{text}'; expected {known}, {FORMS}, or a real board with --port")


def number_boards(addresses: Sequence[BoardAddress]) -> list[int | None]:
    """Return what tells each board from others that may call themselves the same: its place, None if it needs none.

    It follows from the addresses alone, so it stays the same when one of the boards cannot be opened. Who is behind a
    port is not known beforehand.
    """
    if len(addresses) == 1:
        return [None]
    kinds = [(address.kind, address.engine) for address in addresses]
    return [
        None if kind not in kinds[: place - 1] and kind[0] != "port" else place for place, kind in enumerate(kinds, 1)
    ]


def _virtual(text: str, rest: str, firmware: Path | None, asked_engine: str | None) -> BoardAddress:
    name, board, engine, faults = _named_virtual(text, rest, asked_engine)
    elf = _checked(firmware) if firmware else find_image(board, engine or DEFAULT_ENGINE)
    command = (sys.executable, "-m", "mcubench", "virtual", board.name, "--firmware", str(elf))
    return BoardAddress(
        name,
        command=(*command, *(word for fault in faults for word in ("--fault", fault))),
        engine=engine if firmware else engine or DEFAULT_ENGINE,
        can_multiply=True,
        has_reset_pin=True,
        image=elf,
    )


def _named_virtual(text: str, rest: str, asked_engine: str | None) -> tuple[str, KnownBoard, str | None, list[str]]:
    """Return the full name of a virtual board, which board it is, its engine if one was named, and its faults."""
    begun, _, query = rest.partition("?")
    board = _virtual_chip(begun)
    engine, faults = _virtual_options(text, query)
    if engine and asked_engine and engine != asked_engine:
        raise InputError(f"board '{text}' and --engine {asked_engine} name two engines; leave one of them out")
    engine = engine or asked_engine
    if engine is not None and engine not in board.engines:
        can = ", ".join(f"{each} (pio run -e {board.environment(each)}-local)" for each in board.engines)
        raise InputError(f"board '{text}': {board.name} cannot have the engine '{engine}'; there is {can}")
    words = [f"engine={engine}"] if engine and engine != DEFAULT_ENGINE else []
    words += [f"fault={fault}" for fault in faults]
    return f"virtual:{board.name}{'?' if words else ''}{'&'.join(words)}", board, engine, faults


def _virtual_chip(begun: str) -> KnownBoard:
    """Return the only virtual board whose name begins so."""
    fitting = [chip for chip in virtual_chips() if chip == begun] or [
        chip for chip in virtual_chips() if begun and chip.startswith(begun)
    ]
    if len(fitting) != 1:
        trouble = f"virtual chip '{begun}' may be any of" if fitting else f"no virtual chip '{begun}'; there is"
        raise InputError(f"{trouble} {', '.join(fitting or virtual_chips())}")
    board = known_board(fitting[0])
    assert board is not None
    return board


def _virtual_options(text: str, query: str) -> tuple[str | None, list[str]]:
    """Return the engine, if one is named, and the faults."""
    engine, faults = None, []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key == "fault" and value:
            faults.append(value)
        elif key == "engine" and value and engine is None:
            engine = value
        else:
            raise InputError(f"board '{text}': expected ?engine=<engine>&fault=<fault>, found '{key}={value}'")
    return engine, faults


def _checked(firmware: Path) -> Path:
    if not firmware.is_file():
        raise InputError(f"{firmware}: no such firmware file; run 'make firmware' or give --firmware ELF")
    return firmware


def _python(text: str, engine: str, asked_engine: str | None, models: Sequence[Path]) -> BoardAddress:
    board = known_board("python")
    assert board is not None
    if engine not in board.engines:
        raise InputError(f"no board '{text}'; there is {', '.join(f'python:{each}' for each in board.engines)}")
    if asked_engine and asked_engine != engine:
        raise InputError(f"board '{text}' and --engine {asked_engine} name two engines; leave one of them out")
    command = (sys.executable, "-m", "mcubench", "serve-board", "--engine", engine, *map(str, models))
    return BoardAddress(text, command=command, engine=engine)
