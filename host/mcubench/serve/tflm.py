"""TensorFlow Lite for Microcontrollers on this PC: the package tflite-micro from PyPI."""

from __future__ import annotations

import re

import numpy as np
from tflite_micro import runtime

from mcubench.models.tensor import TENSOR_TYPES
from mcubench.serve.engine import EngineError, EngineStatus
from mcubench.serve.network import Network
from mcubench.serve.rehearsal import rehearse
from mcubench.serve.states import remembers
from mcubench.serve.wheel import wheel_tag, wheel_version

__all__ = ["TflmEngine"]

PACKAGE = "tflite-micro"
# More than any microcontroller has. Memory that a model does not touch costs nothing.
ARENA_LIMIT_BYTES = 64 << 20
# What its recording allocator prints, on stderr and nowhere else.
_ARENA_USED = re.compile(r"Arena allocation total (\d+) bytes")


class TflmEngine:
    """TFLM with its reference kernels. Its tensors' records hold 64-bit pointers: arenas are larger than on a board."""

    name = "tflm"
    kernels = "reference"

    def __init__(self) -> None:
        self.version = wheel_version(PACKAGE)
        self.flags = wheel_tag(PACKAGE)

    def open(self, network: Network, arena_bytes: int | None) -> _Model:
        """Make a model ready.

        It is tried in a process of its own, because TFLM crashes in an arena of less than about 500 bytes.
        """
        size = ARENA_LIMIT_BYTES if arena_bytes is None else arena_bytes
        if size > ARENA_LIMIT_BYTES:
            raise EngineError(EngineStatus.ARENA, f"there are {ARENA_LIMIT_BYTES} bytes of arena")
        trial = rehearse(lambda: _interpreter(network, size).print_allocations())
        used = _ARENA_USED.search(trial.output)
        if not trial.good or used is None:
            status = EngineStatus.MODEL if arena_bytes is None else EngineStatus.ARENA
            raise EngineError(status, _reason(trial.output))
        return _Model(_interpreter(network, size), network, int(used[1]))


class _Model:
    def __init__(self, interpreter: runtime.Interpreter, network: Network, arena_bytes: int) -> None:
        self.arena_bytes = arena_bytes
        self._interpreter = interpreter
        self._type = TENSOR_TYPES[network.input_type]
        self._shape = network.input_shape
        self._remembers = remembers(network.data)

    def set_input(self, data: bytes) -> None:
        self._interpreter.set_input(np.frombuffer(data, self._type).reshape(self._shape), 0)

    def invoke(self) -> None:
        try:
            if self._remembers:
                self._interpreter.reset()
            self._interpreter.invoke()
        except RuntimeError as exc:
            raise EngineError(EngineStatus.INVOKE, str(exc)) from exc

    def output(self) -> bytes:
        data: bytes = self._interpreter.get_output(0).tobytes()
        return data


def _interpreter(network: Network, arena_bytes: int) -> runtime.Interpreter:
    return runtime.Interpreter.from_bytes(network.data, arena_size=arena_bytes)


def _reason(output: str) -> str:
    """Return what TFLM said first: the lines after it follow from it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    return lines[0] if lines else "TFLM crashed"
