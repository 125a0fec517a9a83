"""SOFTMAX in int16, and QUANTIZE and DEQUANTIZE to and from int16 and int32, as kernel calls.

Source of the arithmetic: google-ai-edge/LiteRT, tflite/kernels: activations.cc (SoftmaxPrepare), internal/common.h
(LUTPopulateInt16) and internal/reference/{softmax,requantize}.h.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Field, Layer, Weights
from mcubench.codegen.lower_call import one_call
from mcubench.codegen.site import Site

__all__ = ["RESCALED", "lower_dequantize_s16", "lower_quantize_s16", "lower_rescale", "lower_softmax_s16"]

# What lower_rescale converts, with what its kernels are named with.
RESCALED = {
    ("int8", "int16"): "s8_s16",
    ("uint8", "int16"): "u8_s16",
    ("int16", "int8"): "s16_s8",
    ("int16", "int16"): "s16_s16",
    ("int16", "int32"): "s16_s32",
    ("int32", "int8"): "s32_s8",
    ("int32", "int16"): "s32_s16",
}
# An int16 softmax has this scale, to 0.1 %; the reference kernel refuses any other.
_SOFTMAX_SCALE = 1 / 32768
# The sum of a row has 31 bits.
_SOFTMAX_MAX_DEPTH = 65535
_SMALLEST, _LARGEST = -32768, 32767
_RANGE = _LARGEST - _SMALLEST
# The table of exponentials goes down to minus this.
_STEEPNESS = 10.0
_STEPS = 512


def lower_softmax_s16(site: Site) -> Layer:
    """Return the kernel call of a SOFTMAX over the last dimension."""
    depth = site.input.shape[-1]
    if depth > _SOFTMAX_MAX_DEPTH:
        raise site.error(f"is over {depth} values, in int16 at most {_SOFTMAX_MAX_DEPTH} can be summed")
    scale, _ = site.per_tensor(site.output, "output")
    if abs(scale - _SOFTMAX_SCALE) > 0.001 * _SOFTMAX_SCALE:
        raise site.error(f"has an output of scale {scale:g}, expected 1/32768")
    input_scale, _ = site.per_tensor(site.input, "input")
    # The reference multiplies these two in float32.
    factor = float(np.float32(input_scale) * np.float32(site.options.beta)) / (_STEEPNESS / _RANGE)
    if not factor > 0.0:
        raise site.error(f"has a beta of {site.options.beta:g}, expected one above 0")
    multiplier, shift = _factor(site, factor)
    parameters: dict[str, Field] = {
        "exponentials": Weights(_table(np.exp, _STEEPNESS / _RANGE, _LARGEST)),
        "reciprocals": Weights(_table(lambda x: 1.0 / (1.0 + x), 1.0 / _RANGE, _SMALLEST)),
        "rows": site.input.elements // depth,
        "depth": depth,
        "multiplier": multiplier,
        "shift": shift,
    }
    return one_call(site, "kernels_softmax_s16", parameters, in_place=True)


def _table(function: Callable[[Array], Array], scale: float, zero_point: int) -> Array:
    """Return the 513 int16 values, of which 32767.5 is 1, of a function of an int16 with that scale and zero point.

    Between points it is taken for straight; each is moved by half of what that is wrong by in the middle.
    """
    low, high = scale * (_SMALLEST - zero_point), scale * (_LARGEST - zero_point)
    step = (high - low) / _STEPS
    unit = (_RANGE + 1) / (2.0 / _RANGE * _LARGEST - 2.0 / _RANGE * _SMALLEST)
    numbers = np.arange(_STEPS)
    here = _round(function(low + numbers * step) * unit)
    straight = _round((function(low + (numbers + 1) * step) * unit + here) / 2)
    middle = _round(function(low + numbers * step + step / 2) * unit)
    last = _round(function(np.array([high])) * unit)
    values = np.concatenate([here - _round((straight - middle) / 2), last])
    table: Array = np.clip(values, _SMALLEST, _LARGEST).astype(np.int16)
    return table


def _round(values: Array) -> Array:
    """Return values rounded half away from zero."""
    rounded: Array = np.copysign(np.floor(np.abs(values) + 0.5), values)
    return rounded


def lower_quantize_s16(site: Site, count: int) -> Layer:
    """Return the kernel call of a QUANTIZE from float32 to int16."""
    scale, _ = site.per_tensor(site.output, "output")
    return one_call(site, "kernels_quantize_s16", {"count": count, "scale": scale}, in_place=True)


def lower_dequantize_s16(site: Site, count: int) -> Layer:
    """Return the kernel call of a DEQUANTIZE from int16 to float32."""
    scale, _ = site.per_tensor(site.input, "input")
    return one_call(
        site,
        "kernels_dequantize_s16",
        {"count": count, "scale": scale},
        parameters_type="kernels_quantize_s16_t",
    )


def lower_rescale(site: Site, count: int) -> Layer:
    """Return the kernel call of a QUANTIZE from one integer type and scale to another, of those in RESCALED."""
    input_scale, input_zero = site.per_tensor(site.input, "input")
    output_scale, output_zero = site.per_tensor(site.output, "output")
    multiplier, shift = _factor(site, input_scale / output_scale)
    parameters: dict[str, Field] = {
        "count": count,
        "input_zero_point": input_zero,
        "output_zero_point": output_zero,
        "multiplier": multiplier,
        "shift": shift,
    }
    kinds = (site.input.type, site.output.type)
    return one_call(
        site,
        f"kernels_rescale_{RESCALED[kinds]}",
        parameters,
        parameters_type="kernels_rescale_t",
        in_place=site.output.bytes <= site.input.bytes,
    )


def _factor(site: Site, real: float) -> tuple[int, int]:
    try:
        return quantize_multiplier(real)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
