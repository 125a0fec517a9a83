"""What an ELF file's debug information says of its compiler."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from elftools.elf.elffile import ELFFile

__all__ = ["Compiled", "read_compiled"]

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Compiled:
    """The compiler and the flags that one source of an image was compiled with."""

    toolchain: str
    flags: str


def read_compiled(elf: Path, source: str) -> Compiled:
    """Return what the source whose path ends in `source` was compiled with, as DW_AT_producer says (DWARF 5, 3.1.1).

    GCC writes itself, its version and the flags that make code: "GNU C11 12.2.1 20221205 -mcpu=cortex-m0 ...".
    """
    with elf.open("rb") as stream:
        image = ELFFile(stream)
        units = image.get_dwarf_info().iter_CUs() if image.has_dwarf_info() else ()
        attributes: Any = next(
            (top.attributes for unit in units if str((top := unit.get_top_DIE()).get_full_path()).endswith(source)), {}
        )
    producer = attributes["DW_AT_producer"].value.decode() if "DW_AT_producer" in attributes else ""
    found = re.match(r"GNU \S+ (\d+\.\d+\.\d+)\s*\d*\s*(.*)", producer)
    return Compiled(f"arm-none-eabi-gcc-{found[1]}", found[2]) if found else Compiled(UNKNOWN, UNKNOWN)
