"""The table of networks for the `xcubeai` engine, whose networks ST's own tool has generated."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mcubench.codegen.graph import Graph, Tensor
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
from mcubench.codegen.xcubeai_files import Network, UserFiles, read_user_files
from mcubench.errors import InputError

__all__ = ["XcubeaiModel", "generate_xcubeai"]

# ST's tool makes files, not sections: a model is what the files of its network hold.
_PATTERNS = ("*/networks/{ident}.*", "*/networks/{ident}_data*")
_SECTIONS = "\n    ".join(f"{pattern}(.text .text.* .rodata .rodata.*)" for pattern in _PATTERNS)


@dataclass(frozen=True)
class XcubeaiModel:
    """A model, and the network that must have been generated from it."""

    source: Source
    graph: Graph

    @property
    def input(self) -> Tensor:
        return self.graph.tensors[self.graph.input]

    @property
    def output(self) -> Tensor:
        return self.graph.tensors[self.graph.output]

    @property
    def network(self) -> Network:
        digest = hashlib.md5(self.source.data, usedforsecurity=False).hexdigest()
        return Network(identifier(self.source.name), self.source.file, digest)


def generate_xcubeai(paths: Sequence[Path], out: Path, user_folder: Path) -> list[XcubeaiModel]:
    """Write models.c, models.ld, xcubeai_files.h and networks.txt into `out`, and return the models.

    `user_folder` holds ST's files. InputError if a model cannot be read, or if a file of ST's is missing or belongs to
    another model; then nothing is written.
    """
    models = [_load(path) for path in paths]
    name_files([model.source for model in models])
    networks = [model.network for model in models]
    files = read_user_files(user_folder, networks)
    write_files(
        out,
        {
            "models.c": _emit_table(models),
            "models.ld": emit_linker_fragment([model.source.name for model in models], _SECTIONS),
            "xcubeai_files.h": _emit_files(files),
            "networks.txt": "".join(f"{network.name}\n" for network in networks),
        },
    )
    return models


def _load(path: Path) -> XcubeaiModel:
    source = read_source(path)
    try:
        model = XcubeaiModel(source, read_graph(source.data))
        check_ends(model.graph)
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc
    return model


def _emit_files(files: UserFiles) -> str:
    """Return the header with the runtime's version. The fingerprints make the firmware's build id depend on them."""
    fingerprints = "".join(f"/* {digest} {name} */\n" for name, digest in files.sha256.items())
    return f'{HEADER}\n#define XCUBEAI_RUNTIME_VERSION "{files.runtime_version}"\n\n{fingerprints}'


def _emit_table(models: Sequence[XcubeaiModel]) -> str:
    staging = max(-(-model.input.bytes // 4) * 4 for model in models)
    arenas = "".join(f"    uint8_t {model.network.name}[ARENA_{model.network.name.upper()}];\n" for model in models)
    includes = "".join(
        f'#include "{model.network.name}.h"\n#include "{model.network.name}_data.h"\n' for model in models
    )
    return f"""{HEADER}
#include "xcubeai.h"

{includes}
{"".join(map(_emit_sizes, models))}
const xcubeai_network_t xcubeai_networks[] = {{
{"".join(map(_emit_row, models))}}};
const uint32_t xcubeai_network_count = {len(models)};

typedef union xcubeai_arenas {{
{arenas}}} xcubeai_arenas_t;

/* The linker script decides where the arena lies, and that it takes no space in flash. */
uint8_t xcubeai_arena[sizeof(xcubeai_arenas_t)] __attribute__((section(".bss.arena"), aligned(XCUBEAI_ALIGNMENT)));
const uint32_t xcubeai_arena_bytes = sizeof xcubeai_arena;
uint8_t engine_staging[{staging}] __attribute__((aligned(4)));
"""


def _emit_sizes(model: XcubeaiModel) -> str:
    ident = model.network.name
    big = ident.upper()
    return f"""_Static_assert(AI_{big}_IN_NUM == 1 && AI_{big}_OUT_NUM == 1,
               "{ident}: expected one input and one output");
/* In bytes they may be more: some networks want room behind a tensor. */
_Static_assert(AI_{big}_IN_1_SIZE == {model.input.elements} && AI_{big}_IN_1_SIZE_BYTES >= {model.input.bytes},
               "{ident}: expected an input of {model.input.bytes} bytes, as the model has");
_Static_assert(AI_{big}_OUT_1_SIZE == {model.output.elements} && AI_{big}_OUT_1_SIZE_BYTES >= {model.output.bytes},
               "{ident}: expected an output of {model.output.bytes} bytes, as the model has");
_Static_assert(AI_{big}_DATA_ACTIVATIONS_COUNT == 1,
               "{ident}: expected activations in one piece; generate it without --memory-pool");
#define INPUT_{big} XCUBEAI_ALIGN(AI_{big}_DATA_ACTIVATIONS_SIZE)
#ifdef AI_{big}_INPUTS_IN_ACTIVATIONS
#define OUTPUT_{big} INPUT_{big}
#else
#define OUTPUT_{big} (INPUT_{big} + XCUBEAI_ALIGN(AI_{big}_IN_1_SIZE_BYTES))
#endif
#ifdef AI_{big}_OUTPUTS_IN_ACTIVATIONS
#define ARENA_{big} OUTPUT_{big}
#else
#define ARENA_{big} (OUTPUT_{big} + XCUBEAI_ALIGN(AI_{big}_OUT_1_SIZE_BYTES))
#endif
/* Only a board's linker script knows how large the network became. */
#ifdef MCUBENCH_MODEL_SYMBOLS
extern const uint8_t __model_{ident}_bytes[];
#define FLASH_{big} ((uint32_t)__model_{ident}_bytes)
#else
#define FLASH_{big} ENGINE_UNKNOWN
#endif

"""


def _emit_row(model: XcubeaiModel) -> str:
    ident = model.network.name
    big = ident.upper()
    return f"""    {{
        .info = {{
            .name = "{model.source.name}",
            .sha256 = "{model.source.sha256}",
            .input_type = {ENGINE_TYPES[model.input.type]},
            .output_type = {ENGINE_TYPES[model.output.type]},
            .input_bytes = {model.input.bytes},
            .output_bytes = {model.output.bytes},
            .arena_bytes = ARENA_{big},
            .flash_bytes = FLASH_{big},
            .layer_count = AI_{big}_N_NODES,
        }},
        .input_offset = INPUT_{big},
        .output_offset = OUTPUT_{big},
        .create_and_init = ai_{ident}_create_and_init,
        .destroy = ai_{ident}_destroy,
        .inputs_get = ai_{ident}_inputs_get,
        .outputs_get = ai_{ident}_outputs_get,
        .run = ai_{ident}_run,
    }},
"""
