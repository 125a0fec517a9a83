"""The two operands of an element-wise operator: tensors that flow or constants, the smaller repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mcubench.codegen.broadcast import broadcast_fields, broadcast_shape
from mcubench.codegen.graph import Tensor
from mcubench.codegen.layer import Call, Field, Layer, Weights
from mcubench.codegen.lower_call import C_TYPES, KERNEL_SUFFIXES
from mcubench.codegen.site import Site

__all__ = ["Operands", "read_operands"]


@dataclass(frozen=True)
class Operands:
    """Both inputs of an operator at a site; at least one of them flows."""

    site: Site
    first: Tensor
    second: Tensor

    @property
    def kind(self) -> str:
        return self.site.output.type

    def swapped(self) -> Operands:
        """Return them in the other order."""
        return Operands(self.site, self.second, self.first)

    def layer(self, kernel: str, parameters: Mapping[str, Field]) -> Layer:
        """Return the call `kernels_<kernel>_<type>`, whose struct has `shape`, `first` and `second` too."""
        flowing = [tensor for tensor in (self.first, self.second) if tensor.data is None]
        constants = {
            name: Weights(tensor.data.reshape(-1))
            for name, tensor in (("first", self.first), ("second", self.second))
            if tensor.data is not None
        }
        # A kernel gets two tensors: in place of a constant, which its parameters have, it gets the other one again.
        first, second = (tensor.index if tensor.data is None else flowing[0].index for tensor in self._pair)
        suffix = KERNEL_SUFFIXES[self.kind]
        call = Call(
            kernel=f"kernels_{kernel}_{suffix}",
            parameters={
                "shape": broadcast_fields(self.first.shape, self.second.shape),
                **constants,
                **parameters,
            },
            inputs=(first, second),
            outputs=(self.site.output.index,),
            input_type=C_TYPES[self.kind],
            output_type=C_TYPES[self.kind],
        )
        inputs = tuple(dict.fromkeys(tensor.index for tensor in flowing))
        # What is repeated is read again after it would have been overwritten.
        whole = {tensor.index for tensor in flowing if tensor.elements == self.site.output.elements}
        return Layer(
            op=self.site.operator.name,
            inputs=inputs,
            outputs=call.outputs,
            calls=(call,),
            in_place=tuple(index for index in inputs if index in whole),
            weights=sum(tensor.elements for tensor in self._pair if tensor.data is not None),
        )

    @property
    def _pair(self) -> tuple[Tensor, Tensor]:
        return self.first, self.second


def read_operands(
    site: Site, kinds: tuple[str, ...] = tuple(KERNEL_SUFFIXES), second_kinds: Mapping[str, str] | None = None
) -> Operands:
    """Return the operands of an operator, which must be of the output's type and give its shape.

    `second_kinds` says of which type the second one is where that is another.
    """
    site.check_counts((2,))
    first, second = (_operand(site, position) for position in (0, 1))
    if first.data is not None and second.data is not None:
        raise site.error("has two constants as its inputs, which the generated engine does not support")
    seen = (first.type, second.type, site.output.type)
    others = second_kinds or {}
    supported = [(kind, others.get(kind, kind), kind) for kind in kinds]
    if seen not in supported:
        wanted = ", ".join(f"{a} and {b} to {c}" for a, b, c in supported)
        raise site.error(f"combines {seen[0]} and {seen[1]} to {seen[2]}, the generated engine supports {wanted}")
    try:
        shape = broadcast_shape(first.shape, second.shape)
        broadcast_fields(first.shape, second.shape)
    except ValueError as exc:
        raise site.error(f"has inputs of the {exc}") from exc
    if shape != site.output.shape:
        raise site.error(
            f"combines shapes {list(first.shape)} and {list(second.shape)} to {list(site.output.shape)}, "
            f"expected {list(shape)}"
        )
    return Operands(site, first, second)


def _operand(site: Site, position: int) -> Tensor:
    """Return an input; other than one that flows, a constant may be a number without dimensions."""
    index = site.operator.inputs[position]
    tensor = site.graph.tensors[index] if index >= 0 else None
    if tensor is None or tensor.shape or tensor.data is None:
        tensor = site.operand(position)
    if tensor.data is not None and not np.isfinite(tensor.data).all():
        raise site.error("has a constant that is not finite")
    return tensor
