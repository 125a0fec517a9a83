"""Writes programs as C for firmware/engines/generated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Channels, Field, Layer, Weights
from mcubench.codegen.output import ENGINE_TYPES, HEADER, identifier
from mcubench.codegen.program import Program

__all__ = ["emit_model", "emit_table"]

_ROW = 24


def emit_model(program: Program) -> str:
    """Return the C file of one model: constants, one function per layer, and its `generated_model_t`."""
    ident = identifier(program.name)
    parts = [
        HEADER,
        '#include <string.h>\n\n#include "generated.h"\n#include "kernels.h"\n',
        # Constants and code need sections of their own: the compiler gives each section one set of flags.
        f'#define MODEL_DATA __attribute__((section(".rodata.model.{ident}"), aligned(sizeof(void *))))\n'
        f'#define MODEL_CODE __attribute__((section(".text.model.{ident}")))\n',
    ]
    parts += [_layer(program, index, layer) for index, layer in enumerate(program.layers)]
    parts.append(_model(program, ident))
    return "\n".join(part for part in parts if part)


def emit_table(programs: Sequence[Program]) -> str:
    """Return models.c: the table of models, the arena and the staging buffer."""
    idents = [identifier(program.name) for program in programs]
    arena = max(program.arena_bytes for program in programs)
    staging = max(-(-program.input.bytes // 4) * 4 for program in programs)
    externs = "\n".join(f"extern const generated_model_t model_{ident};" for ident in idents)
    rows = "\n".join(f"    &model_{ident}," for ident in idents)
    return f"""{HEADER}
#include "generated.h"

{externs}

const generated_model_t *const generated_models[] = {{
{rows}
}};
const uint32_t generated_model_count = {len(programs)};

/* The linker script decides where the arena lies, and that it takes no space in flash. */
uint8_t generated_arena[{arena}] __attribute__((section(".bss.arena"), aligned(8)));
const uint32_t generated_arena_bytes = sizeof generated_arena;
uint8_t engine_staging[{staging}] __attribute__((aligned(4)));
"""


def _layer(program: Program, index: int, layer: Layer) -> str:
    source, target = program.tensor_offsets[layer.input], program.tensor_offsets[layer.output]
    if not program.runs(layer):
        return ""
    if not layer.kernel:
        size = program.tensors[layer.output].bytes
        return _function(index, f"memcpy(arena + {target}, arena + {source}, {size})")
    constants = "".join(_constants(index, layer.parameters))
    fields = _initializer(index, layer.parameters, "    ")
    arguments = [
        f"&layer{index}",
        _pointer("const ", layer.input_type, source),
        _pointer("", layer.output_type, target),
    ]
    if layer.scratch_type:
        arguments.append(_pointer("", layer.scratch_type, program.scratch_offsets.get(index)))
    return f"{constants}static const {layer.kernel_type} layer{index} MODEL_DATA = {{\n{fields}}};\n\n" + _function(
        index, f"{layer.kernel}({', '.join(arguments)})"
    )


def _function(index: int, call: str) -> str:
    return f"MODEL_CODE static void run{index}(uint8_t *arena) {{\n    {call};\n}}\n"


def _pointer(qualifier: str, kind: str, offset: int | None) -> str:
    if offset is None:
        return "NULL"
    cast = "" if kind == "uint8_t" else f"({qualifier}{kind} *)"
    return f"{cast}(arena + {offset})"


def _constants(index: int, parameters: Mapping[str, Field]) -> Iterator[str]:
    for name, value in parameters.items():
        if isinstance(value, Channels):
            rows = [f"{{{c.bias}, {c.multiplier}u, {c.shift}}}" for c in value.values]
            yield _array("kernels_channel_t", f"layer{index}_{name}", rows, 4)
        elif isinstance(value, Weights):
            kind = "float" if value.values.dtype == np.float32 else "int8_t"
            yield _array(kind, f"layer{index}_{name}", _numbers(value.values), _ROW if kind == "int8_t" else 8)


def _array(kind: str, name: str, items: Sequence[str], per_row: int) -> str:
    rows = [", ".join(items[i : i + per_row]) for i in range(0, len(items), per_row)]
    body = "".join(f"    {row},\n" for row in rows)
    return f"static const {kind} {name}[] MODEL_DATA = {{\n{body}}};\n\n"


def _numbers(values: Array) -> list[str]:
    if values.dtype == np.float32:
        return [_float(float(value)) for value in values.ravel()]
    return [str(value) for value in values.ravel().tolist()]


def _float(value: float) -> str:
    # Nine significant digits identify every float32.
    text = f"{value:.9g}"
    return f"{text}f" if re.search(r"[.e]", text) else f"{text}.0f"


def _initializer(index: int, parameters: Mapping[str, Field], indent: str) -> str:
    lines = []
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            lines.append(f"{indent}.{name} = {{\n{_initializer(index, value, indent + '    ')}{indent}}},\n")
        elif isinstance(value, (Channels, Weights)):
            lines.append(f"{indent}.{name} = layer{index}_{name},\n")
        else:
            lines.append(f"{indent}.{name} = {_float(value) if isinstance(value, float) else value},\n")
    return "".join(lines)


def _model(program: Program, ident: str) -> str:
    layers = "".join(
        f"    {{op_{layer.op.lower()}, {f'run{index}' if program.runs(layer) else 'NULL'}}},\n"
        for index, layer in enumerate(program.layers)
    )
    # Arrays, because string literals would go to a section of the compiler's choice.
    strings = {f"op_{op.lower()}": op for op in sorted({layer.op for layer in program.layers})}
    strings |= {"name": program.name, "sha256": program.sha256}
    texts = "".join(f'static const char {name}[] MODEL_DATA = "{text}";\n' for name, text in strings.items())
    return f"""{texts}
static const generated_layer_t layers[] MODEL_DATA = {{
{layers}}};

/* Only a board's linker script knows how large the model became. */
#ifdef MCUBENCH_MODEL_SYMBOLS
extern const uint8_t __model_{ident}_bytes[];
#define MODEL_FLASH_BYTES ((uint32_t)__model_{ident}_bytes)
#else
#define MODEL_FLASH_BYTES ENGINE_UNKNOWN
#endif

extern const generated_model_t model_{ident};
const generated_model_t model_{ident} MODEL_DATA = {{
    .info = {{
        .name = name,
        .sha256 = sha256,
        .input_type = {ENGINE_TYPES[program.input.type]},
        .output_type = {ENGINE_TYPES[program.output.type]},
        .input_bytes = {program.input.bytes},
        .output_bytes = {program.output.bytes},
        .arena_bytes = {program.arena_bytes},
        .flash_bytes = MODEL_FLASH_BYTES,
        .layer_count = {len(program.layers)},
    }},
    .layers = layers,
    .input_offset = {program.tensor_offsets[program.input.index]},
    .output_offset = {program.tensor_offsets[program.output.index]},
}};
"""
