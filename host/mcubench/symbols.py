"""Where in the source an address of a firmware image (ELF) is: what its debug information says."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from elftools.dwarf.ranges import BaseAddressEntry
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from mcubench.errors import InputError

__all__ = ["holds_build", "locate"]

# An address of Thumb code may have bit 0 set to say that it is one (ARMv7-M, A4.1.1).
THUMB_MASK = ~1
FUNCTIONS = ("DW_TAG_subprogram", "DW_TAG_inlined_subroutine")


def locate(elf: Path, address: int) -> str | None:
    """Return `firmware/common/stream.c:123 (handle_data)` for an address in the code of `elf`, None if it is unknown.

    Bit 0, which Thumb code addresses have set, is ignored. A file is named from here or from where it was compiled.
    Code that was inlined is told as what it was written as. Raises InputError if `elf` is no ELF file.
    """
    address &= THUMB_MASK
    with _opened(elf) as image:
        if not image.has_dwarf_info():
            return None
        dwarf = image.get_dwarf_info()
        for unit in _units(dwarf, address):
            if line := _find_line(dwarf, unit, address):
                function = _find_function(dwarf, unit, address) or _find_symbol(image, address)
                return f"{line} ({function})" if function else line
    return None


def holds_build(elf: Path, build_id: str) -> bool:
    """Tell whether `elf` is the build that a board names in `info`: the id is in what is flashed."""
    wanted = re.compile(rb"(?<![0-9a-f])" + re.escape(build_id.encode()) + rb"(?![0-9a-f])")
    with _opened(elf) as image:
        sections = [each for each in image.iter_sections() if each["sh_flags"] & SH_FLAGS.SHF_ALLOC]
        return bool(build_id) and any(wanted.search(section.data()) for section in sections)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Yield the open ELF file; whatever goes wrong inside is the file's fault."""
    try:
        with path.open("rb") as stream:
            yield ELFFile(stream)
    except OSError as exc:
        raise InputError(f"{path}: {exc.strerror}; expected a firmware image (ELF)") from exc
    except (
        Exception
    ) as exc:  # of a damaged file pyelftools raises anything: assertions, KeyError, construct's own errors
        raise InputError(f"{path}: is no ELF file, or a damaged one ({exc or type(exc).__name__})") from exc


def _units(dwarf: Any, address: int) -> Iterator[Any]:
    """Yield the compilation units that may hold an address."""
    ranges = dwarf.get_aranges()
    offset = ranges.cu_offset_at_addr(address) if ranges else None
    if offset is not None:
        yield dwarf.get_CU_at(offset)
    elif ranges is None:
        yield from dwarf.iter_CUs()


def _find_line(dwarf: Any, unit: Any, address: int) -> str | None:
    program = dwarf.line_program_for_CU(unit)
    before = None
    for entry in program.get_entries() if program else ():
        state = entry.state
        if state is None:
            continue
        if before and before.address <= address < state.address:
            return f"{_file_name(unit, program, before.file)}:{before.line}"
        before = None if state.end_sequence else state
    return None


def _file_name(unit: Any, program: Any, index: int) -> str:
    # Both tables count from 1 before DWARF 5 (section 6.2.4), where what is now entry 0 was left out.
    is_old = program.header.version < 5
    entry = program.header.file_entry[index - is_old]
    attributes = unit.get_top_DIE().attributes
    compiled_in = attributes["DW_AT_comp_dir"].value.decode() if "DW_AT_comp_dir" in attributes else ""
    folders = [compiled_in.encode(), *program.header.include_directory] if is_old else program.header.include_directory
    path = os.path.normpath(Path(compiled_in, folders[entry.dir_index].decode(), entry.name.decode()))
    for root in filter(None, (str(Path.cwd()), compiled_in)):
        if Path(path).is_relative_to(root):
            return str(Path(path).relative_to(root))
    return path


def _find_function(dwarf: Any, unit: Any, address: int) -> str | None:
    """Return the name of the innermost function, inlined or not, that holds an address."""
    found = None
    pending = [unit.get_top_DIE()]
    while pending:
        for child in pending.pop().iter_children():
            if child.tag in FUNCTIONS and _holds(dwarf, unit, child, address):
                found = child
                pending = [child]
                break
            if child.tag in ("DW_TAG_lexical_block", "DW_TAG_namespace"):
                pending.append(child)
    return _name(found) if found else None


def _holds(dwarf: Any, unit: Any, entry: Any, address: int) -> bool:
    """Tell whether the code of a function covers an address (DWARF 5, section 2.17)."""
    attributes = entry.attributes
    if "DW_AT_low_pc" in attributes and "DW_AT_high_pc" in attributes:
        low, high = attributes["DW_AT_low_pc"].value, attributes["DW_AT_high_pc"]
        return bool(low <= address < (high.value if high.form == "DW_FORM_addr" else low + high.value))
    if "DW_AT_ranges" not in attributes:
        return False
    base = unit.get_top_DIE().attributes["DW_AT_low_pc"].value
    for each in dwarf.range_lists().get_range_list_at_offset(attributes["DW_AT_ranges"].value, cu=unit):
        if isinstance(each, BaseAddressEntry):
            base = each.base_address
            continue
        start = 0 if getattr(each, "is_absolute", False) else base
        if start + each.begin_offset <= address < start + each.end_offset:
            return True
    return False


def _find_symbol(image: Any, address: int) -> str | None:
    """Return the function that an address is in by the symbol table, which knows those written in assembly too."""
    table = image.get_section_by_name(".symtab")
    for symbol in table.iter_symbols() if table else ():
        start = symbol["st_value"] & THUMB_MASK
        if symbol["st_info"]["type"] == "STT_FUNC" and start <= address < start + symbol["st_size"]:
            return str(symbol.name)
    return None


def _name(entry: Any) -> str | None:
    """Return the name of a function, which may be told where it was declared."""
    for reference in ("DW_AT_abstract_origin", "DW_AT_specification"):
        if "DW_AT_name" not in entry.attributes and reference in entry.attributes:
            entry = entry.get_DIE_from_attribute(reference)
    return entry.attributes["DW_AT_name"].value.decode() if "DW_AT_name" in entry.attributes else None
