"""`--board` and `--port` as addresses of boards, and opening what they name."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from mcubench.boards.child import ChildBoard
from mcubench.boards.known import virtual_chips
from mcubench.errors import InputError
from mcubench.link import DEFAULT_BAUD, Link, Transcript

__all__ = ["BoardAddress", "OpenBoard", "open_board", "parse_board", "parse_port"]

# Where `make firmware` leaves the image that a virtual STM32F746 runs.
DEFAULT_FIRMWARE = Path(".pio/build/stm32f746-local/firmware.elf")


@dataclass(frozen=True)
class BoardAddress:
    """Where a board is: a port to open, or a command to start that makes one. Exactly one of both is set."""

    name: str
    port: str | None = None
    command: tuple[str, ...] | None = None

    @property
    def can_multiply(self) -> bool:
        """Tell whether several of it can run at once."""
        return self.command is not None


@dataclass(frozen=True)
class OpenBoard:
    """An open link, and the program behind it if the board is one."""

    link: Link
    child: ChildBoard | None


def parse_port(port: str) -> BoardAddress:
    """Return the address of a real board behind a device name or URL."""
    return BoardAddress(port, port=port)


def parse_board(text: str, firmware: Path | None = None) -> BoardAddress:
    """Return the address that `virtual:<chip>[?fault=...]` or `native:<program>` names; InputError if it is neither.

    `firmware` is the ELF that a virtual board runs; None looks for the one that `make firmware` built.
    """
    kind, _, rest = text.partition(":")
    if kind == "virtual" and rest:
        chip, _, query = rest.partition("?")
        return BoardAddress(text, command=_virtual_command(text, chip, query, firmware))
    if kind == "native" and rest:
        return BoardAddress(text, command=(rest,))
    known = ", ".join(f"virtual:{chip}" for chip in virtual_chips())
    raise InputError(f"no board '{text}'; expected {known}, native:<program>, or a real board with --port")


@contextmanager
def open_board(
    address: BoardAddress, baud: int = DEFAULT_BAUD, transcript: Transcript | None = None
) -> Iterator[OpenBoard]:
    """Open the link to a board; start the board before, and end it after, if it is a program."""
    with ExitStack() as stack:
        child = stack.enter_context(ChildBoard(address.name, address.command)) if address.command else None
        port = child.port if child else address.port
        assert port is not None
        link = stack.enter_context(Link(port, baud, transcript))
        yield OpenBoard(link, child)


def _virtual_command(text: str, chip: str, query: str, firmware: Path | None) -> tuple[str, ...]:
    if chip not in virtual_chips():
        raise InputError(f"no virtual chip '{chip}'; there is {', '.join(virtual_chips())}")
    options: list[str] = []
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key != "fault" or not value:
            raise InputError(f"board '{text}': expected ?fault=<fault>, found '{key}={value}'")
        options += ["--fault", value]
    elf = firmware or _find_firmware()
    if not elf.is_file():
        raise InputError(f"{elf}: no such firmware file; run 'make firmware' or give --firmware ELF")
    return (sys.executable, "-m", "mcubench", "virtual", chip, "--firmware", str(elf), *options)


def _find_firmware() -> Path:
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / DEFAULT_FIRMWARE).is_file():
            return folder / DEFAULT_FIRMWARE
    raise InputError(f"no {DEFAULT_FIRMWARE} in {here} or above; run 'make firmware' or give --firmware ELF")
