"""Networks with the inputs of the field's benchmarks that compute for as long as a bench wants, and their images.

A model is a chain of depthwise convolutions, whose number says how long it computes, then a pool and a dense layer, so
that each output depends on the whole input. Weights are random, golden outputs those of TensorFlow Lite's reference
kernels.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from network_chain import Chain
from numpy.typing import NDArray

from mcubench.errors import RigError
from mcubench.models import read_model, read_vectors

__all__ = [
    "PROJECT",
    "Shape",
    "TrafficModel",
    "build_images",
    "build_native",
    "read_traffic_model",
    "write_model",
    "write_models",
]

PROJECT = Path(__file__).resolve().parents[1]
BUILD_TIMEOUT_S = 600.0
# Different vectors of one model; a longer run repeats them.
VECTORS = 16
KERNEL = (7, 7)
# Keeps the dense layer's weights small, so that dozens of models fit one image.
POOL = (4, 4)


@dataclass(frozen=True)
class Shape:
    """An input tensor in NHWC and the outputs of a benchmark of MLPerf Tiny (or of the digits that come with us)."""

    input: tuple[int, int, int, int]
    outputs: int

    @property
    def input_bytes(self) -> int:
        return int(np.prod(self.input))


@dataclass(frozen=True, eq=False)
class TrafficModel:
    """A model folder with its inputs and golden outputs, one row per vector, as bytes."""

    name: str
    folder: Path
    inputs: NDArray[np.uint8]
    outputs: NDArray[np.uint8]

    @property
    def input_bytes(self) -> int:
        return int(self.inputs.shape[1])

    def output(self, index: int) -> bytes:
        """Return the golden output of a vector; after the last one they begin again."""
        return bytes(self.outputs[index % len(self.outputs)])


def write_models(wanted: dict[str, tuple[Shape, int]], folder: Path) -> dict[str, TrafficModel]:
    """Write a model with so many convolutions for each name into `folder`/<name>/model.tflite."""
    return {
        name: write_model(name, _network(shape, convolutions), folder) for name, (shape, convolutions) in wanted.items()
    }


def write_model(name: str, data: bytes, folder: Path, vectors: int = VECTORS) -> TrafficModel:
    """Write a .tflite file that takes int8 into `folder`/<name>/model.tflite, and work out its golden outputs."""
    path = folder / name / "model.tflite"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    interpreter = Interpreter(model_content=data, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    shape = interpreter.get_input_details()[0]["shape"]
    inputs = np.random.default_rng(1).integers(-128, 128, (vectors, *shape), dtype=np.int8)
    return TrafficModel(name, path.parent, _rows(inputs), _rows(_reference(interpreter, inputs)))


def read_traffic_model(folder: Path) -> TrafficModel:
    """Read a model folder of this repository, with its own vectors."""
    model = read_model(folder)
    vectors = read_vectors(model)
    return TrafficModel(model.name, folder, _rows(vectors.inputs), _rows(vectors.outputs))


def build_images(models: Sequence[Path], environments: Sequence[str], folder: Path, more: str = "") -> dict[str, Path]:
    """Build environments of platformio.ini, or of lines `more` at its end, with other models; return the ELF files."""
    config = folder / "platformio.ini"
    chosen = " ".join(str(path.resolve()) for path in models)
    text = (PROJECT / "platformio.ini").read_text()
    text = text.replace("\ncustom_models = mnist-int8 mnist-float32\n", f"\ncustom_models = {chosen}\n")
    config.write_text(text + more)
    build = folder / "pio"
    options = ["--silent", "--project-dir", str(PROJECT), "--project-conf", str(config)]
    options += [word for environment in environments for word in ("--environment", environment)]
    _run_tool(
        [sys.executable, "-m", "platformio", "run", *options],
        # As in the Makefile: PlatformIO's things below this folder, and nothing sent home.
        PLATFORMIO_CORE_DIR=str(PROJECT / ".pio-core"),
        PLATFORMIO_SETTING_ENABLE_TELEMETRY="no",
        PLATFORMIO_BUILD_DIR=str(build),
    )
    return {environment: build / environment / "firmware.elf" for environment in environments}


def build_native(models: Sequence[Path], folder: Path, test_clocks: bool = False) -> Path:
    """Build the program that makes this PC a board, with these models and perhaps pretended clocks; return it."""
    generated = folder / "c"
    _run_tool([sys.executable, "-m", "mcubench", "codegen", "--out", str(generated), *map(str, models)])
    options = ["ENGINE=generated", f"GENERATED_DIR={generated}", f"OUT={folder / 'native'}"]
    options += ["TEST_CLOCKS=1"] if test_clocks else []
    _run_tool(["make", "--silent", "-C", str(PROJECT / "firmware" / "native"), *options])
    return folder / "native" / "board"


def _network(shape: Shape, convolutions: int) -> bytes:
    chain = Chain(np.random.default_rng(1), shape.input)
    for _ in range(convolutions):
        chain.conv(1, KERNEL, depthwise=True, padding="SAME")
    chain.pool(POOL, average=True, stride=POOL)
    chain.flatten()
    chain.dense(shape.outputs)
    return chain.build()


def _reference(interpreter: Interpreter, inputs: NDArray[Any]) -> NDArray[Any]:
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for row in inputs:
        interpreter.set_tensor(source, row)
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(target).copy())
    return np.stack(outputs)


def _rows(tensors: NDArray[Any]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(tensors).view(np.uint8).reshape(len(tensors), -1)


def _run_tool(command: Sequence[str], **variables: str) -> None:
    """Run a build step; RigError with its last line if it fails."""
    done = subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=BUILD_TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        lines = done.stdout.strip().splitlines() or [f"exit code {done.returncode}"]
        raise RigError(f"'{' '.join(command[:4])} ...' failed: {lines[-1]}")
