"""A firmware image (ELF) as numbers: what occupies flash and RAM, and where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elftools.common.exceptions import ELFError
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mcubench.errors import InputError

__all__ = ["ImageLayout", "Section", "read_layout"]

MODEL_PREFIX = ".model_"


@dataclass(frozen=True)
class Section:
    """A section that exists on the chip; `in_flash` tells whether its content is part of the image."""

    name: str
    address: int
    size_bytes: int
    in_flash: bool


@dataclass(frozen=True)
class ImageLayout:
    """Sections in the order of the file, and the addresses of all named symbols."""

    path: Path
    sections: tuple[Section, ...]
    symbols: dict[str, int]

    def size_bytes(self, name: str) -> int:
        """Size of a section, 0 if the image has none of that name."""
        return sum(section.size_bytes for section in self.sections if section.name == name)

    @property
    def flash_bytes(self) -> int:
        """Every byte of the image that occupies flash, as arm-none-eabi-size counts text + data."""
        return sum(section.size_bytes for section in self.sections if section.in_flash)

    @property
    def model_flash_bytes(self) -> dict[str, int]:
        """Flash of each model, by the identifier that the code generator gave it."""
        models = [section for section in self.sections if section.name.startswith(MODEL_PREFIX)]
        return {section.name.removeprefix(MODEL_PREFIX): section.size_bytes for section in models}

    @property
    def harness_flash_bytes(self) -> int:
        """What is left without engine and models."""
        return self.flash_bytes - self.size_bytes(".engine") - sum(self.model_flash_bytes.values())

    @property
    def ram_bytes(self) -> int:
        """Every byte of RAM that the image has a use for, stack, arena and receive ring among it."""
        return sum(section.size_bytes for section in self.sections if not section.in_flash or section.name == ".data")

    @property
    def ram_static_bytes(self) -> int:
        """.data, .bss and the vector that arrives, without stack, arena and receive ring."""
        return sum(self.size_bytes(name) for name in (".data", ".bss", ".staging"))


def read_layout(path: Path) -> ImageLayout:
    """Read an ELF file. Raises InputError if there is none, or if it is something else."""
    try:
        with path.open("rb") as file:
            elf = ELFFile(file)
            return ImageLayout(path, tuple(_sections(elf)), _symbols(elf))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); build it with `make firmware`") from None
    except ELFError as error:
        raise InputError(f"{path}: expected an ELF file, but {str(error).lower() or 'it is not one'}") from None


def _sections(elf: ELFFile) -> list[Section]:
    on_chip = [section for section in elf.iter_sections() if section["sh_flags"] & SH_FLAGS.SHF_ALLOC]
    return [
        Section(section.name, section["sh_addr"], section["sh_size"], section["sh_type"] != "SHT_NOBITS")
        for section in on_chip
    ]


def _symbols(elf: ELFFile) -> dict[str, int]:
    table = elf.get_section_by_name(".symtab")
    if not isinstance(table, SymbolTableSection):
        return {}
    return {symbol.name: symbol["st_value"] for symbol in table.iter_symbols() if symbol.name}
