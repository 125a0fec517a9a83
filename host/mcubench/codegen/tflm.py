"""From model files or folders to a folder of C files for the `tflm` engine, which runs .tflite files as they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mcubench.codegen.graph import Graph, Operator, Tensor
from mcubench.codegen.limits import Limits, Need, check_limits
from mcubench.codegen.output import (
    ENGINE_TYPES,
    HEADER,
    check_ends,
    emit_linker_fragment,
    identifier,
    name_files,
    write_files,
)
from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source, read_source
from mcubench.codegen.tflm_operators import resolver_methods
from mcubench.errors import InputError

__all__ = ["TflmModel", "generate_tflm", "load_tflm_model"]

# TFLM aligns its arena and its buffers to this (tensorflow/lite/micro/micro_arena_constants.h), and models alike.
ALIGNMENT = 16
# Operators whose output may be their input's memory.
_COPIES = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")
_ROW = 32


@dataclass(frozen=True)
class TflmModel:
    """A model to embed, and the resolver methods that it needs."""

    source: Source
    graph: Graph
    methods: frozenset[str]

    @property
    def input(self) -> Tensor:
        return self.graph.tensors[self.graph.input]

    @property
    def output(self) -> Tensor:
        return self.graph.tensors[self.graph.output]

    @property
    def least_arena_bytes(self) -> int:
        """What one operator's inputs and outputs take together; TFLM's own structures come on top."""
        return max((self._operator_bytes(operator) for operator in self.graph.operators), default=0)

    def _operator_bytes(self, operator: Operator) -> int:
        if operator.name in _COPIES:
            return 0
        used = {index for index in (*operator.inputs, *operator.outputs) if index >= 0}
        return sum(_activation_bytes(self.graph.tensors[index]) for index in used)


def load_tflm_model(path: Path) -> TflmModel:
    """Return the model of a .tflite file, or of a folder with model.tflite.

    InputError if the file cannot be read, or the engine cannot run it.
    """
    source = read_source(path)
    try:
        graph = read_graph(source.data)
        model = TflmModel(source, graph, frozenset(resolver_methods(graph)))
        check_ends(graph)
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc
    return model


def generate_tflm(paths: Sequence[Path], out: Path, arena_bytes: int, limits: Limits) -> list[TflmModel]:
    """Write one C file per model, models.c, resolver.h and models.ld into `out`, and return the models.

    `arena_bytes` is the size of the one arena that they share. InputError if a model cannot be read or run, or is
    larger than `limits`; then nothing is written.
    """
    models = [load_tflm_model(path) for path in paths]
    check_limits([Need(model.source.file, len(model.source.data), model.least_arena_bytes) for model in models], limits)
    files = dict(zip(name_files([model.source for model in models]), map(_emit_model, models), strict=True))
    files["models.c"] = _emit_table(models, arena_bytes)
    files["resolver.h"] = _emit_resolver(models)
    files["models.ld"] = emit_linker_fragment([model.source.name for model in models])
    write_files(out, files)
    return models


def _activation_bytes(tensor: Tensor) -> int:
    """Return what a tensor takes in the arena; 0 if that is not known."""
    try:
        return 0 if tensor.data is not None else tensor.elements * np.dtype(tensor.type).itemsize
    except TypeError:  # a type that numpy has not
        return 0


def _emit_model(model: TflmModel) -> str:
    ident = identifier(model.source.name)
    data = model.source.data
    rows = "".join(f"    {','.join(map(str, data[i : i + _ROW]))},\n" for i in range(0, len(data), _ROW))
    return f"""{HEADER}
#include "tflm.h"

#define MODEL_DATA __attribute__((section(".rodata.model.{ident}")))

static const uint8_t file[{len(data)}] MODEL_DATA __attribute__((aligned({ALIGNMENT}))) = {{
{rows}}};
/* Arrays, because string literals would go to a section of the compiler's choice. */
static const char name[] MODEL_DATA = "{model.source.name}";
static const char sha256[] MODEL_DATA = "{model.source.sha256}";

/* The board's linker script knows how large the model became; without it, the size of the file is given. */
#ifdef MCUBENCH_MODEL_SYMBOLS
extern const uint8_t __model_{ident}_bytes[];
#define MODEL_FLASH_BYTES ((uint32_t)__model_{ident}_bytes)
#else
#define MODEL_FLASH_BYTES {len(data)}u
#endif

extern const tflm_model_t model_{ident};
const tflm_model_t model_{ident} MODEL_DATA = {{
    .info = {{
        .name = name,
        .sha256 = sha256,
        .input_type = {ENGINE_TYPES[model.input.type]},
        .output_type = {ENGINE_TYPES[model.output.type]},
        .input_bytes = {model.input.bytes},
        .output_bytes = {model.output.bytes},
        .arena_bytes = ENGINE_UNKNOWN,
        .flash_bytes = MODEL_FLASH_BYTES,
        .layer_count = {len(model.graph.operators)},
    }},
    .file = file,
    .remembers = {str(any(tensor.variable for tensor in model.graph.tensors)).lower()},
}};
"""


def _emit_table(models: Sequence[TflmModel], arena_bytes: int) -> str:
    idents = [identifier(model.source.name) for model in models]
    staging = max(-(-model.input.bytes // 4) * 4 for model in models)
    externs = "\n".join(f"extern const tflm_model_t model_{ident};" for ident in idents)
    rows = "\n".join(f"    &model_{ident}," for ident in idents)
    return f"""{HEADER}
#include "tflm.h"

{externs}

const tflm_model_t *const tflm_models[] = {{
{rows}
}};
const uint32_t tflm_model_count = {len(models)};

/* The linker script decides where the arena lies, and that it takes no space in flash. */
uint8_t tflm_arena[{arena_bytes}] __attribute__((section(".bss.arena"), aligned({ALIGNMENT})));
const uint32_t tflm_arena_bytes = sizeof tflm_arena;
uint8_t engine_staging[{staging}] __attribute__((aligned(4)));
"""


def _emit_resolver(models: Sequence[TflmModel]) -> str:
    methods = sorted(set().union(*(model.methods for model in models)))
    calls = "\n".join(f"    resolver.{method}();" for method in methods)
    return f"""{HEADER}
/* For engine.cc alone: just the operators of the models in this image. */
using Resolver = tflite::MicroMutableOpResolver<{len(methods)}>;

static void add_operators(Resolver &resolver) {{
{calls}
}}
"""
