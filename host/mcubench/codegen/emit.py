"""Writes programs as C for firmware/engines/generated."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

import numpy as np

from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Call, Channels, Field, Layer, Weights, flash_arrays
from mcubench.codegen.lower_call import C_TYPES
from mcubench.codegen.output import ENGINE_TYPES, HEADER, identifier
from mcubench.codegen.program import Program

__all__ = ["emit_model", "emit_table"]

_ROW = 24
_ARRAY_TYPES = C_TYPES | {"float64": "double"}


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
    arrays = _arrays(program)
    parts += [_layer(program, index, layer, arrays) for index, layer in enumerate(program.layers)]
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


def _arrays(program: Program) -> dict[Hashable, str]:
    """Return the name of each array in flash, by its content: layers that share weights have one between them."""
    names: dict[Hashable, str] = {}
    for index, layer in enumerate(program.layers):
        for call_name, call in zip(_call_names(index, layer), layer.calls, strict=True):
            for name, array in flash_arrays(call_name, call.parameters):
                names.setdefault(array.content, name)
    return names


def _call_names(index: int, layer: Layer) -> list[str]:
    return [f"layer{index}{f'_{i}' if i else ''}" for i in range(len(layer.calls))]


def _layer(program: Program, index: int, layer: Layer, arrays: Mapping[Hashable, str]) -> str:
    if not program.runs(layer):
        return ""
    if not layer.calls:
        (source,), (target,) = layer.inputs, layer.outputs
        offsets = program.tensor_offsets
        size = program.tensors[target].bytes
        return _function(index, [f"memcpy(arena + {offsets[target]}, arena + {offsets[source]}, {size})"])
    names = _call_names(index, layer)
    data = [_parameters(name, call, arrays) for name, call in zip(names, layer.calls, strict=True)]
    scratch = program.scratch_offsets.get(index)
    lines = [_call(program, name, call, scratch) for name, call in zip(names, layer.calls, strict=True)]
    return "\n".join([*data, _function(index, lines)])


def _parameters(name: str, call: Call, arrays: Mapping[Hashable, str]) -> str:
    own = [(key, array) for key, array in flash_arrays(name, call.parameters) if arrays[array.content] == key]
    constants = "".join(_constant(key, array) for key, array in own)
    fields = _initializer(call.parameters, arrays, "    ")
    return f"{constants}static const {call.type} {name} MODEL_DATA = {{\n{fields}}};\n"


def _call(program: Program, name: str, call: Call, scratch: int | None) -> str:
    arguments = [
        f"&{name}",
        *(_pointer("const ", call.input_type, program.tensor_offsets[tensor]) for tensor in call.inputs),
        *(_pointer("", call.output_type, program.tensor_offsets[tensor]) for tensor in call.outputs),
    ]
    if call.scratch_type:
        arguments.append(_pointer("", call.scratch_type, scratch))
    return f"{call.kernel}({', '.join(arguments)})"


def _function(index: int, lines: Sequence[str]) -> str:
    body = "".join(f"    {line};\n" for line in lines)
    return f"MODEL_CODE static void run{index}(uint8_t *arena) {{\n{body}}}\n"


def _reset(program: Program) -> str:
    """Return the function that gives states their initial values; nothing for a model without any."""
    lines = [
        f"memset(arena + {program.tensor_offsets[tensor]}, {value}, {program.tensors[tensor].bytes})"
        for tensor, value in program.states.items()
    ]
    body = "".join(f"    {line};\n" for line in lines)
    return f"MODEL_CODE static void reset(uint8_t *arena) {{\n{body}}}\n" if lines else ""


def _pointer(qualifier: str, kind: str, offset: int | None) -> str:
    if offset is None:
        return "NULL"
    cast = "" if kind == "uint8_t" else f"({qualifier}{kind} *)"
    return f"{cast}(arena + {offset})"


def _constant(name: str, array: Channels | Weights) -> str:
    if isinstance(array, Channels):
        rows = [f"{{{c.bias}, {c.multiplier}u, {c.shift}}}" for c in array.values]
        return _array("kernels_channel_t", name, rows, 4)
    kind = array.values.dtype.name
    return _array(_ARRAY_TYPES[kind], name, _numbers(array.values), _ROW if kind == "int8" else 8)


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


def _initializer(parameters: Mapping[str, Field], arrays: Mapping[Hashable, str], indent: str) -> str:
    lines = []
    for key, value in parameters.items():
        if isinstance(value, Mapping):
            text = f"{{\n{_initializer(value, arrays, indent + '    ')}{indent}}}"
        elif isinstance(value, (Channels, Weights)):
            text = arrays[value.content]
        elif isinstance(value, tuple):
            text = f"{{{', '.join(map(str, value))}}}"
        else:
            text = _float(value) if isinstance(value, float) else str(value)
        lines.append(f"{indent}.{key} = {text},\n")
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
    return f"""{texts}{_reset(program)}
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
    .reset = {"reset" if program.states else "NULL"},
    .input_offset = {program.tensor_offsets[program.input.index]},
    .output_offset = {program.tensor_offsets[program.output.index]},
}};
"""
