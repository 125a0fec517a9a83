"""A .tflite file that somebody brings, read and found to be one that a model folder can hold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from mcubench.codegen.graph import Graph
from mcubench.codegen.graph import Tensor as GraphTensor
from mcubench.codegen.source import Source, read_source
from mcubench.errors import InputError
from mcubench.inspect import Inspection, inspect_model
from mcubench.models import Tensor
from mcubench.models.tensor import TENSOR_TYPES

__all__ = ["Candidate", "read_candidate"]

# Operators that only change how values are written; what they write is the same on every engine.
_CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")
# Of a float32 output: what the order of sums may change, as a part of the largest output, or of 1 if that is larger.
FLOAT_TOLERANCE = 1e-5


@dataclass(frozen=True)
class Candidate:
    """A sound .tflite file, and what its input and output are like."""

    source: Source
    inspection: Inspection
    input: Tensor
    output: Tensor

    def tolerance(self, largest_output: float) -> float:
        """Return how far an engine's outputs may lie from the golden ones; `largest_output` is their largest absolute.

        Integer arithmetic is exact; where an integer output comes from floats, the last bit can become a step.
        """
        if self.output.type == "float32":
            return float(f"{FLOAT_TOLERANCE * max(1.0, largest_output):.1e}")
        return 1.0 if _computes_in_floats(self.inspection.graph) else 0.0


def read_candidate(path: Path) -> Candidate:
    """Read a .tflite file; InputError, in one line, if it is none, is damaged, or has tensors that no board takes."""
    source = read_source(path)
    inspection = inspect_model(source)
    try:
        return Candidate(source, inspection, _tensor(inspection.input, "input"), _tensor(inspection.output, "output"))
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc


def _tensor(tensor: GraphTensor, role: str) -> Tensor:
    if tensor.type not in TENSOR_TYPES:
        raise InputError(f"the model's {role} is of type {tensor.type}, expected {', '.join(TENSOR_TYPES)}")
    # The sizes of one vector; a first size of 1 is the batch.
    shape = tensor.shape if tensor.shape[:1] == (1,) else (1, *tensor.shape)
    quantization = tensor.quantization
    if tensor.type == "float32" or quantization is None:
        return Tensor(tensor.type, shape, None, None)
    scale, zero_point = quantization.scales[0], quantization.zero_points[0]
    if len(quantization.scales) != 1 or not (math.isfinite(scale) and scale > 0):
        raise InputError(f"the model's {role} has scales {quantization.scales[:3]}, expected one that is above zero")
    return Tensor(tensor.type, shape, scale, zero_point)


def _computes_in_floats(graph: Graph) -> bool:
    return any(
        graph.tensors[index].type == "float32"
        for operator in graph.operators
        if operator.name not in _CONVERSIONS
        for index in operator.outputs
    )
