"""Models of one element-wise operator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from random_graphs import activation as activation_number
from tflite_builder import TfliteBuilder

__all__ = ["Operand", "Scale", "binary", "unary"]

Array = np.ndarray[Any, Any]
Scale = tuple[float, int]


@dataclass(frozen=True)
class Operand:
    """One input or the output of an operator; `data` makes it a constant. float32 takes no notice of the scale.

    `kind` is its type if that is not the operator's.
    """

    shape: tuple[int, ...]
    scale: Scale = (0.05, 0)
    data: Array | None = None
    kind: str = ""

    def add_to(self, model: TfliteBuilder, kind: str) -> int:
        """Add the tensor to a model and return its index."""
        kind = self.kind or kind
        scale, zero_point = (None, 0) if kind == "float32" else self.scale
        data = None if self.data is None else self.data.reshape(self.shape).astype(kind)
        return model.tensor(self.shape, kind, data=data, scale=scale, zero_point=zero_point)


def unary(name: str, kind: str, shape: Sequence[int], source: Scale, target: Scale, **options: Any) -> bytes:
    """Return a model of an operator of one input."""
    model = TfliteBuilder()
    tensors = [Operand(tuple(shape), scale).add_to(model, kind) for scale in (source, target)]
    model.operator(name, tensors[:1], tensors[1:], **options)
    return model.build(tensors[:1], tensors[1:])


def binary(
    name: str,
    kind: str,
    first: Operand,
    second: Operand,
    target: Operand,
    *,
    same: bool = False,
    activation: str = "",
    **options: Any,
) -> bytes:
    """Return a model of an operator of two operands; `same` is one tensor on both sides.

    A model has one input. It has the shape and scale of the output, and operands that flow are parts of it.
    """
    model = TfliteBuilder()
    if activation:
        options["FusedActivationFunction"] = activation_number(activation)
    source = Operand(target.shape, first.scale).add_to(model, kind)
    operands = [
        operand.add_to(model, kind) if operand.data is not None else _part(model, kind, source, target.shape, operand)
        for operand in (first, second)[: 1 if same else 2]
    ]
    result = target.add_to(model, kind)
    model.operator(name, operands * 2 if same else operands, [result], **options)
    return model.build([source], [result])


def _part(model: TfliteBuilder, kind: str, source: int, whole: tuple[int, ...], operand: Operand) -> int:
    """Append what makes an operand of the end of a tensor: SLICE, SQUEEZE, and a MINIMUM that gives it its scale."""
    sizes = (1,) * (len(whole) - len(operand.shape)) + operand.shape
    begin = [size - taken for size, taken in zip(whole, sizes, strict=True)]
    numbers = [model.tensor((len(whole),), np.int32, data=np.array(values, np.int32)) for values in (begin, sizes)]
    part, squeezed = (Operand(shape, operand.scale).add_to(model, kind) for shape in (sizes, operand.shape))
    model.operator("SLICE", [source, *numbers], [part])
    if sizes != operand.shape:
        model.operator("SQUEEZE", [part], [squeezed], SqueezeDims=list(range(len(whole) - len(operand.shape))))
        part = squeezed
    scaled = operand.add_to(model, kind)
    model.operator("MINIMUM", [part, part], [scaled])
    return scaled
