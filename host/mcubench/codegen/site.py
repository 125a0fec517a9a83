"""An operator together with the graph it stands in: typed access to its tensors, and errors that name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mcubench.codegen.fixedpoint import INT8_MAX, INT8_MIN
from mcubench.codegen.graph import Array, Graph, Operator, Options, Quantization, Tensor
from mcubench.codegen.operator_names import TFLM_OPERATORS
from mcubench.errors import InputError

__all__ = ["Site"]

# Where zero points may lie; that of int16 is always 0 (TensorFlow Lite's 16x8 mode).
_ZERO_POINTS = {"uint8": (0, 255), "int16": (0, 0)}
_ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


@dataclass(frozen=True)
class Site:
    """One operator of one graph."""

    graph: Graph
    operator: Operator

    @property
    def options(self) -> Options:
        return self.operator.options

    def error(self, problem: str) -> InputError:
        """Return an error that names the operator."""
        return InputError(f"operator {self.operator.index} ({self.operator.name}) {problem}")

    @property
    def other_engine(self) -> str:
        """What to say at the end of an error about types: which engine might have them."""
        has_it = self.operator.name in TFLM_OPERATORS
        return "; the tflm engine has the operator, perhaps for these types" if has_it else ""

    def check_counts(self, inputs: tuple[int, ...], outputs: int = 1) -> None:
        """Require that number of outputs, and a number of inputs that is in `inputs`."""
        seen = len(self.operator.inputs)
        if seen not in inputs or len(self.operator.outputs) != outputs:
            wanted = " or ".join(map(str, inputs))
            raise self.error(
                f"has {seen} inputs and {len(self.operator.outputs)} outputs, "
                f"expected {wanted} inputs and {outputs} output{'' if outputs == 1 else 's'}"
            )

    @property
    def activation(self) -> str:
        if self.options.activation not in _ACTIVATIONS:
            raise self.error(
                f"has the fused activation {self.options.activation}, "
                f"the generated engine supports {', '.join(_ACTIVATIONS)}"
            )
        return self.options.activation

    @property
    def input(self) -> Tensor:
        """The tensor that flows through; never a constant."""
        return self.flowing(0)

    @property
    def output(self) -> Tensor:
        return self.output_at(0)

    def flowing(self, position: int) -> Tensor:
        """Return the input at a position, which must not be a constant."""
        tensor = self.operand(position)
        if tensor.data is not None:
            raise self.error("has a constant as its input, which the generated engine does not support")
        return tensor

    def operand(self, position: int) -> Tensor:
        """Return the input at a position, a constant or not."""
        return self._tensor(self._index(self.operator.inputs, position, "input"), "input")

    def output_at(self, position: int) -> Tensor:
        """Return the output at a position."""
        tensor = self._tensor(self._index(self.operator.outputs, position, "output"), "output")
        if tensor.data is not None:
            raise self.error("has a constant as its output")
        return tensor

    def integers(self, position: int, role: str) -> tuple[int, ...]:
        """Return the input at a position as whole numbers: a constant of int32 or int64, of at most one dimension."""
        index = self._index(self.operator.inputs, position, "input")
        tensor = self.graph.tensors[index] if index >= 0 else None
        if tensor is None or tensor.data is None or tensor.type not in ("int32", "int64"):
            raise self.error(f"has no constant {role} of int32 or int64, which the generated engine needs")
        return tuple(int(value) for value in tensor.data.ravel())

    def weights(self, kind: str, dimensions: int) -> Array:
        """Return constant input 1, which must have that type and number of dimensions."""
        tensor = self._tensor(self._index(self.operator.inputs, 1, "input"), "weights")
        if tensor.data is None:
            raise self.error("has weights that are not constant, which the generated engine does not support")
        if tensor.type != kind or len(tensor.shape) != dimensions:
            raise self.error(
                f"has {tensor.type} weights of shape {list(tensor.shape)}, expected {kind} in {dimensions} dimensions"
            )
        return self._finite(tensor.data)

    def weights_quantization(self) -> Quantization:
        return self.quantization(self.graph.tensors[self.operator.inputs[1]], "weights")

    def bias(self, kind: str, channels: int) -> Array:
        """Return constant input 2, zeros if it is absent; shape (channels,)."""
        index = self.operator.inputs[2] if len(self.operator.inputs) > 2 else -1
        if index == -1:
            return np.zeros(channels, kind)
        tensor = self._tensor(index, "bias")
        if tensor.data is None or tensor.type != kind or tensor.elements != channels:
            raise self.error(f"has a {tensor.type} bias of {tensor.elements} values, expected {channels} of {kind}")
        return self._finite(tensor.data.reshape(channels))

    def check_types(self, *allowed: tuple[str, str]) -> tuple[str, str]:
        """Return the (input, output) types, which must be one of `allowed`."""
        seen = (self.input.type, self.output.type)
        if seen not in allowed:
            wanted = ", ".join(f"{a} to {b}" for a, b in allowed)
            raise self.error(
                f"goes from {seen[0]} to {seen[1]}, the generated engine supports {wanted}{self.other_engine}"
            )
        return seen

    def quantization(self, tensor: Tensor, role: str) -> Quantization:
        """Return the quantisation of a tensor, which must have one with positive scales and zero points that fit."""
        quantization = tensor.quantization
        if quantization is None:
            raise self.error(f"has {tensor.type} {role} without a scale")
        low, high = _ZERO_POINTS.get(tensor.type, (INT8_MIN, INT8_MAX))
        if not all(0.0 < scale < float("inf") for scale in quantization.scales):
            raise self.error(f"has {role} with a scale that is not positive and finite")
        if not all(low <= zero <= high for zero in quantization.zero_points):
            raise self.error(f"has {role} with a zero point outside {low} to {high}")
        return quantization

    def per_tensor(self, tensor: Tensor, role: str) -> tuple[float, int]:
        """Return the one scale and zero point of an activation tensor."""
        quantization = self.quantization(tensor, role)
        if len(quantization.scales) != 1:
            raise self.error(f"has an {role} with {len(quantization.scales)} scales, expected one")
        return quantization.scales[0], quantization.zero_points[0]

    def _finite(self, values: Array) -> Array:
        if not np.isfinite(values).all():
            raise self.error("has weights or biases that are not finite")
        return values

    def _index(self, indices: Sequence[int], position: int, role: str) -> int:
        if position >= len(indices):
            raise self.error(f"has {len(indices)} {role}s, expected at least {position + 1}")
        return indices[position]

    def _tensor(self, index: int, role: str) -> Tensor:
        if index < 0:
            raise self.error(f"has no {role} tensor")
        tensor = self.graph.tensors[index]
        if not tensor.shape or min(tensor.shape) < 1:
            raise self.error(f"has an {role} of shape {list(tensor.shape)}, expected dimensions of 1 and more")
        return tensor
