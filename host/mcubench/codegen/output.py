"""What every engine's generated folder has: a C file per model, models.ld, and nothing written for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from mcubench.codegen.graph import Graph
from mcubench.codegen.source import Source
from mcubench.errors import InputError

__all__ = ["ENGINE_TYPES", "HEADER", "check_ends", "emit_linker_fragment", "identifier", "name_files", "write_files"]

HEADER = "/* Written by `mcubench codegen`; changes will be lost. */\n"
# The types of a model's input and output, as engine.h calls them.
ENGINE_TYPES = {
    "int8": "ENGINE_INT8",
    "uint8": "ENGINE_UINT8",
    "int16": "ENGINE_INT16",
    "int32": "ENGINE_INT32",
    "float32": "ENGINE_FLOAT32",
}
TABLE_FILE = "models.c"
MODEL_SECTIONS = "*(.rodata.model.{ident} .text.model.{ident})"


def check_ends(graph: Graph) -> None:
    """InputError if a model's input or output is of a type that cannot go over the line."""
    for index, role in ((graph.input, "input"), (graph.output, "output")):
        kind = graph.tensors[index].type
        if kind not in ENGINE_TYPES:
            raise InputError(f"expected an {role} of type {', '.join(ENGINE_TYPES)}, saw {kind}")


def identifier(name: str) -> str:
    """Return a model name as part of a C identifier and of a section name."""
    ident = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if not ident:
        raise InputError(f"the model name '{name}' has no letter or digit to name C code by")
    return ident


def name_files(sources: Sequence[Source]) -> list[str]:
    """Return the name of each model's C file; InputError if two have the same."""
    names: list[str] = []
    for source in sources:
        name = f"{identifier(source.name)}.c"
        if name == TABLE_FILE or name in names:
            raise InputError(
                f"{source.file}: another model, or {TABLE_FILE}, has the file name {name} already; rename the model"
            )
        names.append(name)
    return names


def emit_linker_fragment(names: Sequence[str], sections: str = MODEL_SECTIONS) -> str:
    """Return models.ld for models of these names, to be INCLUDEd inside SECTIONS where the memory region FLASH exists.

    `sections` is the linker script's pattern for what belongs to a model, with {ident} for its name.
    Each section begins and ends on 64 bytes, so that no model lies otherwise in the cache lines because of another one
    before it, and sizes add up without gaps.
    """
    parts = [HEADER]
    for ident in map(identifier, names):
        parts.append(
            f"""
.model_{ident} : ALIGN(64)
{{
    __model_{ident}_start = .;
    {sections.format(ident=ident)}
    . = ALIGN(64);
    __model_{ident}_end = .;
}} > FLASH
__model_{ident}_bytes = SIZEOF(.model_{ident});
"""
        )
    return "".join(parts)


def write_files(out: Path, files: Mapping[str, str]) -> None:
    """Write texts into `out` by file name; files whose content would not change are not touched."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            path = out / name
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise InputError(f"cannot write to {out}: {exc.strerror}") from exc
