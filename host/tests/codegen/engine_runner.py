"""Builds the `generated` engine with some models for the PC, and runs it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from engine_objects import ENGINE, INCLUDES, WARNINGS, engine_objects, run_tool

from mcubench.codegen import Program, generate

__all__ = ["ENGINE", "INCLUDES", "WARNINGS", "Bytes", "NativeEngine", "run_tool", "write_models"]

Bytes = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]

_RUN_TIMEOUT_S = 120
_SANITIZERS = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")

# Reads (model index, vector count) as two uint32, then the vectors, and writes the outputs, until the end of the input.
_NATIVE_MAIN = r"""
#include <sanitizer/asan_interface.h>
#include <stdio.h>
#include <string.h>
#include "generated.h"
#include "buffers.h"
/* As engine_invoke, but a layer can reach nothing of the arena but its own buffers. */
static void invoke_fenced(uint32_t index) {
    const generated_model_t *model = generated_models[index];
    const uint32_t(*buffer)[3] = buffers_of[index];
    if (model->reset != NULL) {
        model->reset(generated_arena);
    }
    for (uint32_t layer = 0; layer < model->info.layer_count; layer++) {
        __asan_poison_memory_region(generated_arena, generated_arena_bytes);
        for (; (*buffer)[0] == layer; buffer++) {
            __asan_unpoison_memory_region(generated_arena + (*buffer)[1], (*buffer)[2]);
        }
        if (model->layers[layer].run != NULL) {
            model->layers[layer].run(generated_arena);
        }
    }
    __asan_unpoison_memory_region(generated_arena, generated_arena_bytes);
}
static int run_model(uint32_t index, uint32_t count) {
    if (engine_open(index, ENGINE_ARENA_ALL) != ENGINE_OK) {
        return 2;
    }
    const engine_model_t *model = engine_model(index);
    for (uint32_t vector = 0; vector < count; vector++) {
        if (fread(engine_staging, 1, model->input_bytes, stdin) != model->input_bytes) {
            return 3;
        }
        memcpy(engine_input(), engine_staging, model->input_bytes);
        if (vector == 0) {
            invoke_fenced(index);
        } else if (engine_invoke() != ENGINE_OK) {
            return 4;
        }
        fwrite(engine_output(), 1, model->output_bytes, stdout);
    }
    return 0;
}
int main(void) {
    uint32_t job[2];
    while (fread(job, sizeof(job), 1, stdin) == 1) {
        int status = run_model(job[0], job[1]);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}
"""


def write_models(models: Mapping[str, bytes], folder: Path) -> list[Program]:
    """Write the models as .tflite files and as C into `folder`, in order, and return their programs."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for name, data in models.items():
        paths.append(folder / f"{name}.tflite")
        paths[-1].write_bytes(data)
    return generate(paths, folder)


@dataclass(frozen=True)
class NativeEngine:
    """The engine as a program of the PC, with address and undefined-behaviour sanitizers."""

    program: Path
    programs: Sequence[Program]

    @classmethod
    def build(cls, programs: Sequence[Program], folder: Path, *, dsp: bool) -> NativeEngine:
        """Build the models written into `folder`, with the kernels for the DSP extension (in C) or the plain ones."""
        program = folder / ("engine-dsp" if dsp else "engine-c")
        main = folder / "main.c.txt"
        main.write_text(_NATIVE_MAIN)
        (folder / "buffers.h").write_text(_buffers(programs))
        flags = ("-O1", "-g", *_SANITIZERS, f"-DMCUBENCH_KERNELS_DSP={int(dsp)}")
        objects = [*engine_objects("gcc", flags), *_model_objects(folder)]
        sources = ("-x", "c", main, "-x", "none", *objects, "-lm")
        run_tool("gcc", *flags, *WARNINGS, *INCLUDES, f"-I{folder}", "-o", program, *sources)
        return cls(program, programs)

    def run(self, jobs: Iterable[tuple[int, Array]]) -> list[Bytes]:
        """Return, for each (model index, inputs with one vector per row), the output bytes, one row per vector."""
        jobs = list(jobs)
        stream = b"".join(np.array([index, len(rows)], "<u4").tobytes() + rows.tobytes() for index, rows in jobs)
        done = subprocess.run([self.program], input=stream, capture_output=True, timeout=_RUN_TIMEOUT_S, check=False)
        assert done.returncode == 0, done.stderr.decode(errors="replace")[:4000]
        outputs = np.frombuffer(done.stdout, np.uint8)
        results = []
        for index, rows in jobs:
            size = len(rows) * self.programs[index].output.bytes
            results.append(outputs[:size].reshape(len(rows), -1))
            outputs = outputs[size:]
        return results


def _buffers(programs: Sequence[Program]) -> str:
    """Return, in C, the buffers of each layer of each model: layer, offset and size, ended by a layer that is none."""
    tables = []
    for number, program in enumerate(programs):
        rows = "".join(f"{{{layer}, {offset}, {size}}}, " for layer, offset, size in _layer_buffers(program))
        tables.append(f"static const uint32_t buffers{number}[][3] = {{{rows}{{UINT32_MAX, 0, 0}}}};\n")
    names = ", ".join(f"buffers{number}" for number in range(len(programs)))
    return f"{''.join(tables)}static const uint32_t(*const buffers_of[])[3] = {{{names}}};\n"


def _layer_buffers(program: Program) -> Iterator[tuple[int, int, int]]:
    for index, layer in enumerate(program.layers):
        for tensor in (*layer.inputs, *layer.outputs, *layer.states):
            yield index, program.tensor_offsets[tensor], program.tensors[tensor].bytes
        if layer.scratch_bytes:
            yield index, program.scratch_offsets[index], layer.scratch_bytes


def _model_objects(folder: Path) -> list[Path]:
    """Compile the models' C files, which are the same for all kernels, unless that was done."""
    sources = sorted(folder.glob("*.c"))
    objects = [source.with_suffix(".o") for source in sources]
    if not all(path.exists() for path in objects):
        halves = (sources[::2], sources[1::2])
        with ThreadPoolExecutor(len(halves)) as pool:
            list(
                pool.map(lambda half: run_tool("gcc", "-O0", *WARNINGS, *INCLUDES, "-c", *half, folder=folder), halves)
            )
    return objects
