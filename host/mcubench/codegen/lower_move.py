"""Strided copies as kernel calls (firmware/engines/generated/copy.c)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mcubench.codegen.graph import Tensor
from mcubench.codegen.layer import Call, Field, Layer, Weights
from mcubench.codegen.lower_call import copy
from mcubench.codegen.site import Site
from mcubench.codegen.strides import Loop, Move

__all__ = ["MOVED_TYPES", "check_same_type", "move_call", "move_layer", "moves"]

# Types whose elements may be moved: every one that a tensor in the arena can have.
MOVED_TYPES = ("int8", "uint8", "int16", "int32", "float32")
# Nested loops of the kernels beside the run that is copied at once: KERNELS_LOOPS in kernels_types.h.
_MAX_LOOPS = 6


def check_same_type(site: Site, tensors: Sequence[Tensor]) -> None:
    """Require that all tensors have one type, whose elements can be moved."""
    kind = tensors[0].type
    if kind not in MOVED_TYPES:
        raise site.error(f"has an input of {kind}, the generated engine supports {', '.join(MOVED_TYPES)}")
    for tensor in tensors:
        if tensor.type != kind:
            raise site.error(f"goes from {kind} to {tensor.type}, expected one type")


def move_call(site: Site, move: Move, source: Tensor, target: Tensor) -> Call:
    """Return the call that moves elements of `source`, which may be a constant, to `target`."""
    parameters = _parameters(site, move, np.dtype(target.type).itemsize)
    if source.data is None:
        return Call("kernels_copy", parameters, (source.index,), (target.index,), "uint8_t", "uint8_t")
    parameters["values"] = Weights(np.frombuffer(source.data.tobytes(), np.uint8))
    return Call(
        kernel="kernels_copy_constant",
        parameters=parameters,
        inputs=(),
        outputs=(target.index,),
        output_type="uint8_t",
        parameters_type="kernels_copy_t",
    )


def move_layer(site: Site, move: Move, source: Tensor, target: Tensor) -> Layer:
    """Return the layer of one input and one output that is that move, or nothing if they can share their memory."""
    return copy(site) if move.copies_from_the_start else moves(site, (move_call(site, move, source, target),))


def moves(site: Site, calls: Sequence[Call]) -> Layer:
    """Return a layer that reads and writes what its calls do."""
    inputs = dict.fromkeys(tensor for call in calls for tensor in call.inputs)
    outputs = dict.fromkeys(tensor for call in calls for tensor in call.outputs)
    return Layer(op=site.operator.name, inputs=tuple(inputs), outputs=tuple(outputs), calls=tuple(calls))


def _parameters(site: Site, move: Move, element_bytes: int) -> dict[str, Field]:
    loops = list(move.merged().loops)
    run = 1
    if loops and (loops[-1].input_step, loops[-1].output_step) == (1, 1):
        run = loops.pop().count
    loops = loops or [Loop(1, 0, 0)]
    if len(loops) > _MAX_LOOPS:
        raise site.error(f"needs {len(loops)} nested loops, the generated engine supports {_MAX_LOOPS}")
    rows = [(loop.count, loop.input_step * element_bytes, loop.output_step * element_bytes) for loop in reversed(loops)]
    return {
        "loops": Weights(np.array(rows, np.int32)),
        "depth": len(loops),
        "run_bytes": run * element_bytes,
        "input_offset": move.input_offset * element_bytes,
        "output_offset": move.output_offset * element_bytes,
    }
