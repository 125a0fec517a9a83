"""LiteRT (TensorFlow Lite) on this PC: the package ai-edge-litert from PyPI."""

from __future__ import annotations

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mcubench.models.tensor import TENSOR_TYPES
from mcubench.serve.engine import EngineError, EngineStatus
from mcubench.serve.network import Network
from mcubench.serve.states import remembers
from mcubench.serve.wheel import wheel_tag, wheel_version

__all__ = ["LitertEngine"]

PACKAGE = "ai-edge-litert"


class LitertEngine:
    """LiteRT in one thread, with its reference kernels or with those it takes by default: XNNPACK's."""

    name = "litert"

    def __init__(self, reference: bool) -> None:
        self.version = wheel_version(PACKAGE)
        self.flags = wheel_tag(PACKAGE)
        self.kernels = "reference" if reference else "xnnpack"
        self._resolver = OpResolverType.BUILTIN_REF if reference else OpResolverType.AUTO

    def open(self, network: Network, arena_bytes: int | None) -> _Model:
        """Make a model ready. LiteRT takes the memory that it needs: there is no arena to be limited."""
        if arena_bytes is not None:
            raise EngineError(EngineStatus.ARENA, "LiteRT has no arena")
        try:
            interpreter = Interpreter(
                model_content=network.data, num_threads=1, experimental_op_resolver_type=self._resolver
            )
            interpreter.allocate_tensors()
            return _Model(interpreter, network)
        except (ValueError, RuntimeError) as exc:
            raise EngineError(EngineStatus.MODEL, str(exc)) from exc


class _Model:
    arena_bytes = None

    def __init__(self, interpreter: Interpreter, network: Network) -> None:
        self._interpreter = interpreter
        self._input = interpreter.get_input_details()[0]["index"]
        self._output = interpreter.get_output_details()[0]["index"]
        self._type = TENSOR_TYPES[network.input_type]
        self._shape = network.input_shape
        self._remembers = remembers(network.data)

    def set_input(self, data: bytes) -> None:
        self._interpreter.set_tensor(self._input, np.frombuffer(data, self._type).reshape(self._shape))

    def invoke(self) -> None:
        try:
            if self._remembers:
                self._interpreter.reset_all_variables()
            self._interpreter.invoke()
        except RuntimeError as exc:
            raise EngineError(EngineStatus.INVOKE, str(exc)) from exc

    def output(self) -> bytes:
        data: bytes = self._interpreter.get_tensor(self._output).tobytes()
        return data
