"""Random networks under construction: graphs of operators, with random weights, scales and zero points.

An operation is a function that appends one random operator to tensors that the graph has, and returns True; or False if
it finds none that suits it. Operations stand in files random_ops_<family>.py beside this one, which are found by their
names, so that a new one needs no other change:

    from random_graphs import RandomGraph, operation

    @operation
    def square(graph: RandomGraph) -> bool:
        source = graph.pick(lambda tensor: tensor.kind == "int8" and len(tensor.shape) == 4)
        if source is None:
            return False
        target = graph.tensor(source.shape, source.kind)
        graph.append("SQUARE", [source], [target])
        return True

`graph.rng` is the one source of randomness. Several operands are picked one after the other, and may be the same
tensor, which is then read twice. Constants are `graph.constant(...)`. What takes its input's scale says `like=source`.
Outputs may have several times the input's elements, but no more than MAX_ELEMENTS.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import tflite
from tflite_builder import TfliteBuilder

__all__ = ["ACTIVATIONS", "MAX_ELEMENTS", "OPERATIONS", "Live", "RandomGraph", "activation", "operation"]

Array = npt.NDArray[Any]

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")
# Of one tensor; it keeps a network's time on an emulated Cortex-M short.
MAX_ELEMENTS = 4096
# How often an operation takes the newest tensor that suits it, so that networks become deep and not only wide.
_NEWEST = 0.6
# Zero points and usual scales: real values go to about 10 either way.
_ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255)}
_SCALES = {"int8": (0.02, 0.2), "uint8": (0.02, 0.2), "int16": (1e-4, 1e-3), "int32": (1e-6, 1e-4)}


@dataclass(frozen=True)
class Live:
    """A tensor that operators can read. `exact` says that an engine must compute it bit for bit.

    That is so for integers, and for those float32 tensors which are no sums or functions: the input, DEQUANTIZE's
    outputs and their copies. Only those may be quantised or compared, where a difference in the last bit becomes a
    step.
    """

    index: int
    shape: tuple[int, ...]
    kind: str
    scale: float
    zero_point: int
    exact: bool

    @property
    def elements(self) -> int:
        return int(np.prod(self.shape))


@dataclass
class RandomGraph:
    """A network that grows operator by operator; `live` are the tensors that the next one can read."""

    rng: np.random.Generator
    model: TfliteBuilder = field(default_factory=TfliteBuilder)
    live: list[Live] = field(default_factory=list)

    def pick(self, suits: Callable[[Live], bool]) -> Live | None:
        """Return a live tensor for which `suits` is true, often the newest; None if there is none."""
        found = [tensor for tensor in self.live if suits(tensor)]
        if not found:
            return None
        return found[-1] if self.rng.random() < _NEWEST else found[int(self.rng.integers(len(found)))]

    def tensor(
        self,
        shape: Sequence[int],
        kind: str,
        *,
        like: Live | None = None,
        scale: float | None = None,
        zero_point: int | None = None,
        exact: bool | None = None,
    ) -> Live:
        """Return a new tensor for an operator to write, with a random scale and zero point unless they are given.

        `like` is a tensor whose scale, zero point and exactness it takes over.
        """
        if like is not None:
            scale, zero_point, exact = like.scale, like.zero_point, like.exact if exact is None else exact
        scale = self.random_scale(kind) if scale is None else float(np.float32(scale))
        zero_point = self.random_zero_point(kind) if zero_point is None else zero_point
        sizes = tuple(int(size) for size in shape)
        index = self.model.tensor(sizes, kind, scale=scale or None, zero_point=zero_point)
        return Live(index, sizes, kind, scale, zero_point, kind != "float32" if exact is None else exact)

    def constant(
        self, values: Array, *, scale: float | Sequence[float] | None = None, zero_point: int = 0, axis: int = 0
    ) -> int:
        """Return the index of a new constant tensor of the values' shape and type."""
        return self.model.tensor(values.shape, values.dtype, data=values, scale=scale, zero_point=zero_point, axis=axis)

    def append(
        self,
        name: str,
        inputs: Sequence[Live | int],
        outputs: Sequence[Live],
        *,
        version: int | None = None,
        **options: Any,
    ) -> None:
        """Append an operator, after which its outputs are live. Inputs may be indices, of constants, states or -1."""
        indices = [tensor.index if isinstance(tensor, Live) else tensor for tensor in inputs]
        self.model.operator(name, indices, [tensor.index for tensor in outputs], version=version, **options)
        self.live += outputs

    def random_scale(self, kind: str) -> float:
        """Return a usual scale of a type, 0.0 for float32."""
        return float(np.float32(self.rng.uniform(*_SCALES[kind]))) if kind in _SCALES else 0.0

    def random_zero_point(self, kind: str) -> int:
        """Return any zero point that a type can have."""
        low, high = _ZERO_POINTS.get(kind, (0, 0))
        return int(self.rng.integers(low, high + 1))

    def random_activation(self) -> str:
        """Return the name of a fused activation."""
        return str(self.rng.choice(ACTIVATIONS))

    def build(self, output: int, operators: Sequence[int]) -> bytes:
        """Return the .tflite file with those operators, and that tensor as output."""
        kept = [self.model.operators[index] for index in operators]
        return replace(self.model, operators=kept).build([self.live[0].index], [output])


def activation(name: str) -> int:
    """Return the schema's number of a fused activation."""
    return int(getattr(tflite.ActivationFunctionType, name))


Operation = Callable[[RandomGraph], bool]
# By family; filled by the files random_ops_*.py when random_networks.py imports them.
OPERATIONS: dict[str, list[Operation]] = {}


def operation(function: Operation) -> Operation:
    """Let random networks use an operation; a decorator."""
    OPERATIONS.setdefault(function.__module__, []).append(function)
    return function
