"""What layers that remember have in common: constants at any position, scales, and states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.graph import Array, Tensor
from mcubench.codegen.layer import Call, Field, Layer
from mcubench.codegen.lower_call import C_TYPES, KERNEL_SUFFIXES
from mcubench.codegen.site import Site

__all__ = ["constant", "multiplier", "optional_constant", "recurrent_layer", "scale_of", "state"]


def constant(site: Site, position: int, kind: str, shape: tuple[int, ...], role: str) -> Array:
    """Return the constant at a position, which must have that type and shape."""
    tensor = site.operand(position)
    if tensor.data is None or tensor.type != kind or tensor.shape != shape:
        raise site.error(
            f"has {role} of {tensor.type} and shape {list(tensor.shape)}, "
            f"expected a constant of {kind} and shape {list(shape)}"
        )
    if not np.isfinite(tensor.data).all():
        raise site.error(f"has {role} that are not finite")
    return tensor.data


def optional_constant(site: Site, position: int, kind: str, count: int, role: str) -> Array:
    """Return the constant of `count` numbers at a position, zeros if it is absent."""
    if site.operator.inputs[position] < 0:
        return np.zeros(count, kind)
    return constant(site, position, kind, (count,), role)


def scale_of(site: Site, position: int, role: str) -> float:
    """Return the one scale of the input at a position."""
    return site.per_tensor(site.operand(position), role)[0]


def multiplier(site: Site, name: str, source: float, weights: float, target: float) -> dict[str, Field]:
    """Return the members `<name>_multiplier` and `<name>_shift` of the factor source x weights / target.

    The reference kernels multiply and divide these scales in float32.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        real = float(np.float32(source) * np.float32(weights) / np.float32(target))
    try:
        significand, shift = quantize_multiplier(real)
    except (ValueError, OverflowError) as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    return {f"{name}_multiplier": significand, f"{name}_shift": shift}


def state(site: Site, position: int, kind: str, count: int) -> Tensor:
    """Return the state at a position, which must be a variable tensor of that type and number of elements."""
    tensor = site.operand(position)
    if not tensor.variable or tensor.data is not None or tensor.index in (site.graph.input, site.graph.output):
        raise site.error(f"has tensor {tensor.index} as its state, which is no variable of its own")
    if tensor.type != kind or tensor.elements != count:
        raise site.error(
            f"has a state of {tensor.elements} elements of {tensor.type}, "
            f"the generated engine supports {count} of {kind} here"
        )
    return tensor


def recurrent_layer(
    site: Site, kernel: str, parameters: Mapping[str, Field], states: Sequence[Tensor], *, macs: int, weights: int
) -> Layer:
    """Return the call of a kernel that takes its input, its output and its states, in this order."""
    source, target = site.input, site.output
    indices = tuple(tensor.index for tensor in states)
    if len(set(indices)) != len(indices):
        raise site.error("has one tensor as two states")
    suffix = KERNEL_SUFFIXES[source.type]
    call = Call(
        kernel=f"{kernel}_{suffix}",
        parameters=parameters,
        inputs=(source.index,),
        outputs=(target.index, *indices),
        input_type=C_TYPES[source.type],
        # Output and states have different types; a pointer to void becomes any of them.
        output_type="void",
    )
    return Layer(
        op=site.operator.name,
        inputs=call.inputs,
        outputs=(target.index,),
        calls=(call,),
        states={tensor.index: _initial_byte(tensor) for tensor in states},
        macs=macs,
        weights=weights,
    )


def _initial_byte(tensor: Tensor) -> int:
    """Return what a state's memory is filled with: the zero point of an int8 one, 0 for others.

    So do google-ai-edge/LiteRT, tflite/core/api/tensor_utils.cc, and tensorflow/tflite-micro, micro/micro_graph.cc.
    """
    if tensor.type != "int8" or tensor.quantization is None:
        return 0
    return tensor.quantization.zero_points[0] & 0xFF
