"""Folders as users make them for the xcubeai engine, with files of the test double in place of ST's."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DOUBLE", "FLOAT32", "INT8", "MODELS", "Build", "DoubleNetwork", "write_user_folder"]

DOUBLE = Path(__file__).parent / "double"
MODELS = Path(__file__).parents[3] / "models"

Build = Callable[..., Path]  # networks to the program of a board


@dataclass(frozen=True)
class DoubleNetwork:
    """One network, in the style of X-CUBE-AI 7.1 or of ST Edge AI."""

    folder: str  # in models/
    name: str
    input_format: str
    output_format: str
    element_bytes: int
    input_elements: int
    output_elements: int
    edge_ai: bool  # else as X-CUBE-AI 7.1: input and output apart from the activations, a hash without 0x
    init_error: str = "AI_ERROR_NONE, AI_ERROR_CODE_NONE"

    @property
    def model(self) -> Path:
        return MODELS / self.folder / "model.tflite"

    @property
    def input_bytes(self) -> int:
        return self.input_elements * self.element_bytes

    @property
    def output_bytes(self) -> int:
        return self.output_elements * self.element_bytes

    @property
    def activations_bytes(self) -> int:
        return self.input_bytes + 52 if self.edge_ai else 52  # no multiple of 32

    @property
    def weights(self) -> bytes:
        return bytes(17 * index % 251 for index in range(self.output_bytes))

    def output(self, data: bytes) -> bytes:
        """Return what the double answers to an input."""
        step = self.output_bytes
        return bytes((sum(data[index::step]) + self.weights[index]) & 0xFF for index in range(step))

    def write(self, folder: Path) -> None:
        """Write <name>.c and the rest; the names of files and macros are those of ST's tool."""
        big = self.name.upper()
        files = {".h": self._header(big), ".c": self._code(big), "_data.h": self._data_header(big)}
        files["_data.c"] = f'#include "{self.name}_data.h"\n'
        files["_data_params.c"] = (
            f'#include "{self.name}_data.h"\n\nconst uint8_t s_{self.name}_weights[{self.output_bytes}] '
            f"= {{{', '.join(map(str, self.weights))}}};\n"
        )
        for ending, text in files.items():
            (folder / f"{self.name}{ending}").write_text(text)

    def _header(self, big: str) -> str:
        inside = f"#define AI_{big}_INPUTS_IN_ACTIVATIONS (4)\n#define AI_{big}_OUTPUTS_IN_ACTIVATIONS (4)\n"
        sizes = self._sizes(f"AI_{big}_IN_1", self.input_elements) + self._sizes(
            f"AI_{big}_OUT_1", self.output_elements
        )
        return f"""#pragma once
#include "ai_platform.h"

#define AI_{big}_IN_NUM (1)
#define AI_{big}_OUT_NUM (1)
{sizes}#define AI_{big}_N_NODES (3)
{inside if self.edge_ai else ""}
ai_error ai_{self.name}_create_and_init(
  ai_handle* network, const ai_handle activations[], const ai_handle weights[]);
ai_handle ai_{self.name}_destroy(ai_handle network);
ai_buffer* ai_{self.name}_inputs_get(ai_handle network, ai_u16 *n_buffer);
ai_buffer* ai_{self.name}_outputs_get(ai_handle network, ai_u16 *n_buffer);
ai_i32 ai_{self.name}_run(ai_handle network, const ai_buffer* input, ai_buffer* output);
"""

    def _sizes(self, prefix: str, elements: int) -> str:
        # The newer tools want room behind some tensors.
        size = f"{elements * self.element_bytes + 1}" if self.edge_ai else f"{prefix}_SIZE * {self.element_bytes}"
        return f"#define {prefix}_SIZE ({elements})\n#define {prefix}_SIZE_BYTES ({size})\n"

    def _data_header(self, big: str) -> str:
        return f"""#pragma once
#include <stdint.h>

#define AI_{big}_DATA_ACTIVATIONS_SIZE ({self.activations_bytes})
#define AI_{big}_DATA_ACTIVATIONS_COUNT (1)
extern const uint8_t s_{self.name}_weights[{self.output_bytes}];
"""

    def _code(self, big: str) -> str:
        digest = hashlib.md5(self.model.read_bytes(), usedforsecurity=False).hexdigest()
        inside = "true" if self.edge_ai else "false"
        return f"""#include "{self.name}.h"
#include "{self.name}_data.h"
#include "double_runtime.h"

#undef AI_{big}_MODEL_SIGNATURE
#define AI_{big}_MODEL_SIGNATURE     "{"0x" if self.edge_ai else ""}{digest}"

static double_network_t g_{self.name} = {{
    .weights = s_{self.name}_weights,
    .input_bytes = {self.input_bytes},
    .output_bytes = {self.output_bytes},
    .activations_bytes = {self.activations_bytes},
    .inputs_in_activations = {inside},
    .outputs_in_activations = {inside},
    .init_error = {{{self.init_error}}},
    .input = {{.format = {self.input_format}, .size = {self.input_elements}}},
    .output = {{.format = {self.output_format}, .size = {self.output_elements}}},
}};

ai_error ai_{self.name}_create_and_init(
  ai_handle* network, const ai_handle activations[], const ai_handle weights[])
{{
  (void)weights;
  return double_create_and_init(&g_{self.name}, network, activations);
}}

ai_handle ai_{self.name}_destroy(ai_handle network) {{ return double_destroy(network); }}

ai_buffer* ai_{self.name}_inputs_get(ai_handle network, ai_u16 *n_buffer)
{{
  return double_buffer_get(&((double_network_t*)network)->input, n_buffer);
}}

ai_buffer* ai_{self.name}_outputs_get(ai_handle network, ai_u16 *n_buffer)
{{
  return double_buffer_get(&((double_network_t*)network)->output, n_buffer);
}}

ai_i32 ai_{self.name}_run(ai_handle network, const ai_buffer* input, ai_buffer* output)
{{
  return double_run(network, input, output);
}}
"""


S8, FLOAT = "AI_BUFFER_FORMAT_S8", "AI_BUFFER_FORMAT_FLOAT"
INT8 = DoubleNetwork("mnist-int8", "mnist_int8", S8, S8, 1, 784, 10, edge_ai=True)
FLOAT32 = DoubleNetwork("mnist-float32", "mnist_float32", FLOAT, FLOAT, 4, 784, 10, edge_ai=False)


def write_user_folder(folder: Path, *networks: DoubleNetwork) -> Path:
    """Make `folder` as docs/xcubeai.md tells users to; the library is empty, for those who only look for it."""
    shutil.copytree(DOUBLE / "Inc", folder / "Inc")
    (folder / "Lib").mkdir()
    (folder / "Lib" / "NetworkRuntime910_CM7_GCC.a").write_bytes(b"!<arch>\n")
    for network in networks:
        network.write(folder)
    return folder
