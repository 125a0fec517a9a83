"""Reads a firmware image: what goes where in memory, and which function an address belongs to."""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from elftools.common.exceptions import ELFError
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mcubench.errors import InputError
from mcubench.image_mark import ImageMark, find_mark

__all__ = ["Image", "Segment", "SymbolNames", "load_image", "parse_image"]


@dataclass(frozen=True)
class Segment:
    """Bytes at their load address, which is where a programmer would flash them."""

    address: int
    data: bytes


class SymbolNames:
    """Function names by address."""

    def __init__(self, functions: Sequence[tuple[int, int, str]]) -> None:
        """`functions` are start address, size in bytes and name, in any order."""
        self._functions = sorted(functions)
        self._starts = [start for start, _, _ in self._functions]

    def name_of(self, address: int) -> str:
        """Return "function+0x1c" for an address inside a function, "no function" elsewhere."""
        index = bisect.bisect_right(self._starts, address) - 1
        if index >= 0:
            start, size, name = self._functions[index]
            if address < start + max(size, 2):
                return f"{name}+0x{address - start:x}"
        return "no function"


@dataclass(frozen=True)
class Image:
    """A firmware image ready to be put into memory."""

    path: Path
    segments: tuple[Segment, ...]
    symbols: SymbolNames

    @property
    def mark(self) -> ImageMark | None:
        """What the image says of itself, None if it says nothing."""
        marks = (find_mark(segment.data) for segment in self.segments)
        return next((mark for mark in marks if mark is not None), None)

    def read(self, address: int, size: int) -> bytes:
        """Return what lies at `address` once the image is in memory, where the image has nothing as erased flash."""
        data = bytearray(b"\xff" * size)
        for segment in self.segments:
            first, last = max(address, segment.address), min(address + size, segment.address + len(segment.data))
            if first < last:
                data[first - address : last - address] = segment.data[first - segment.address : last - segment.address]
        return bytes(data)


def load_image(path: Path) -> Image:
    """Read a 32-bit little-endian Arm ELF executable; anything else is an InputError."""
    try:
        with path.open("rb") as file:
            return parse_image(path, file)
    except OSError as exc:
        raise InputError(f"{path}: cannot be read: {exc.strerror}; give the firmware's ELF file") from exc


def parse_image(path: Path, file: BinaryIO) -> Image:
    """Read what `load_image` reads from an open file; `path` is what it is called."""
    try:
        elf = ELFFile(file)
        if elf["e_machine"] != "EM_ARM" or elf.elfclass != 32 or not elf.little_endian or elf["e_type"] != "ET_EXEC":
            raise InputError(
                f"{path}: expected a linked ELF for 32-bit Arm, found {elf.get_machine_arch()} {elf['e_type']}"
            )
        segments = tuple(
            Segment(segment["p_paddr"], segment.data())
            for segment in elf.iter_segments("PT_LOAD")
            if segment["p_filesz"]
        )
        symbols = SymbolNames(_functions(elf))
    except (ELFError, ValueError, KeyError, UnicodeDecodeError) as exc:
        raise InputError(
            f"{path}: not an ELF file ({exc}); give the .elf that the build made, not .bin or .hex"
        ) from exc
    if not segments:
        raise InputError(f"{path}: the ELF file has nothing to load; give a linked firmware image")
    return Image(path, segments, symbols)


def _functions(elf: ELFFile) -> list[tuple[int, int, str]]:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return []
    return [
        (symbol["st_value"] & ~1, symbol["st_size"], symbol.name)
        for symbol in table.iter_symbols()
        if symbol["st_info"]["type"] == "STT_FUNC"
    ]
