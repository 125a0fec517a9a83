"""Operators of one input that take each value by itself, and PRELU, as kernel calls.

int8 has one kernel for all of them, which looks values up in a table. int16 and float32 have those that the reference
kernels have (google-ai-edge/LiteRT, tflite/kernels/activations.cc).
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from mcubench.codegen.fixedpoint import activation_range_f32
from mcubench.codegen.graph import Array, Quantization, Tensor
from mcubench.codegen.layer import Field, Layer, Weights
from mcubench.codegen.lower_call import one_call
from mcubench.codegen.operands import read_operands
from mcubench.codegen.rescale import activation_range, quantize_factor
from mcubench.codegen.site import Site
from mcubench.codegen.tables import (
    absolute_table,
    clamp_table,
    curve_points,
    function_table,
    hard_swish_table,
    leaky_relu_table,
    negate_table,
)

__all__ = ["lower_prelu", "lower_unary"]

_LOGISTIC_SCALES = {"int8": 1 / 256, "int16": 1 / 32768}
_TANH_SCALE_S16 = 1 / 32768
_PLAIN_KERNELS = {"ELU": "elu", "HARD_SWISH": "hard_swish", "LOGISTIC": "logistic", "NEG": "negate", "TANH": "tanh"}
_INT16 = ("LEAKY_RELU", "LOGISTIC", "RELU", "RELU6", "TANH")
# Largest shifts with which values do not leave 32 bits; of PRELU, also when they are multiplied by a factor.
_MAX_SHIFT_S16 = 14
_MAX_SHIFTS_PRELU = {"int8": (22, 14), "int16": (_MAX_SHIFT_S16, 7)}


def lower_unary(site: Site) -> Layer:
    """Return the kernel call of an operator that computes each value of its output from one of its input."""
    site.check_counts((1,))
    name = site.operator.name
    kinds = ("int8", "int16", "float32") if name in _INT16 else ("int8", "float32")
    kind, _ = site.check_types(*((kind, kind) for kind in kinds))
    if site.input.shape != site.output.shape:
        raise site.error(f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}")
    if kind == "float32":
        return _float_layer(site)
    source = _quantization(site, site.input, "input")
    target = _quantization(site, site.output, "output")
    if name == "LOGISTIC" and target.scales[0] != _LOGISTIC_SCALES[kind]:
        raise site.error(f"has an output of scale {target.scales[0]:g}, expected 1/{1 / _LOGISTIC_SCALES[kind]:.0f}")
    try:
        return _table_layer(site, source, target) if kind == "int8" else _layer_s16(site, source, target)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc


def _float_layer(site: Site) -> Layer:
    name = site.operator.name
    parameters: dict[str, Field] = {"count": site.input.elements}
    if name in _PLAIN_KERNELS:
        kernel = f"kernels_{_PLAIN_KERNELS[name]}_f32"
        return one_call(site, kernel, parameters, parameters_type="kernels_map_f32_t", in_place=True)
    if name in ("ABS", "LEAKY_RELU"):
        alpha = -1.0 if name == "ABS" else site.options.alpha
        if not math.isfinite(alpha):
            raise site.error("has an alpha that is not finite")
        return one_call(site, "kernels_leaky_relu_f32", parameters | {"alpha": alpha}, in_place=True)
    low, high = (0.0, 1.0) if name == "RELU_0_TO_1" else activation_range_f32(name)
    return one_call(site, "kernels_clamp_f32", parameters | {"min": low, "max": high}, in_place=True)


def _table_layer(site: Site, source: Quantization, target: Quantization) -> Layer:
    table = Weights(_table(site, source, target).astype(np.int8))
    return one_call(site, "kernels_table_s8", {"table": table, "count": site.input.elements}, in_place=True)


def _table(site: Site, source: Quantization, target: Quantization) -> Array:
    name = site.operator.name
    tables: dict[str, Callable[[], Array]] = {
        "ABS": lambda: absolute_table(source, target),
        "HARD_SWISH": lambda: hard_swish_table(source, target),
        "LEAKY_RELU": lambda: leaky_relu_table(site.options.alpha, source, target),
        "NEG": negate_table,
    }
    if name in tables:
        return tables[name]()
    if name.startswith("RELU"):
        return clamp_table(name, source, target)
    return function_table(name, source, target)


def _layer_s16(site: Site, source: Quantization, target: Quantization) -> Layer:
    name = site.operator.name
    parameters: dict[str, Field] = {"count": site.input.elements}
    if name in ("LOGISTIC", "TANH"):
        if target.scales[0] != _TANH_SCALE_S16:
            raise site.error(f"has an output of scale {target.scales[0]:g}, expected 1/32768")
        multiplier, shift = _curve_scaling(source.scales[0], (0,) if name == "LOGISTIC" else (0, 1))
        table = Weights(curve_points().astype(np.int16))
        parameters = {"table": table, **parameters, "multiplier": multiplier, "shift": shift}
        kernel = f"kernels_{name.lower()}_s16"
        return one_call(site, kernel, parameters, parameters_type="kernels_curve_s16_t", in_place=True)
    low, high = activation_range("NONE" if name == "LEAKY_RELU" else name, "int16", target)
    positive = _factor(source, target, 1.0, _MAX_SHIFT_S16)
    negative = _factor(source, target, site.options.alpha, _MAX_SHIFT_S16)
    parameters |= {
        "positive_multiplier": positive[0],
        "positive_shift": positive[1],
        "negative_multiplier": abs(negative[0]),
        "negative_shift": negative[1],
        "negative_sign": -1 if negative[0] < 0 else 1,
        "min": low,
        "max": high,
    }
    return one_call(site, "kernels_leaky_relu_s16", parameters, in_place=True)


def _curve_scaling(scale: float, exact_shifts: tuple[int, ...]) -> tuple[int, int]:
    """Return (multiplier, shift) from an int16 input to steps of 1/12288, as TanhPrepare and SigmoidPrepare do it.

    The curve's table has steps of 1/24, with 9 bits between two of them.
    """
    exponent = round(math.log2(scale))
    if abs(math.log2(scale) - exponent) < 1e-3 and exponent + 12 in exact_shifts:
        return 3 << (exponent + 12), 0
    real, shift = scale * 4096.0 * 3.0, 0
    while real <= 32767.0 / 2.0 and shift <= 30:
        real, shift = real * 2.0, shift + 1
    # A value of 16 bits times a multiplier must fit 32, and so must what is added for rounding.
    if real >= 1 << 16 or shift >= 30:
        raise ValueError(f"the input's scale {scale:g} is too {'small' if shift else 'large'}")
    return int(real), shift


def lower_prelu(site: Site) -> Layer:
    """Return the kernel call of a PRELU, whose factors for negative values are constant."""
    operands = read_operands(site, second_kinds={"int16": "int8"})
    if operands.second.data is None or operands.first.shape != site.output.shape:
        raise site.error("needs constant factors that do not make its output larger, the generated engine has no other")
    if operands.kind == "float32":
        return operands.layer("prelu", {})
    source = _quantization(site, operands.first, "input")
    target = _quantization(site, site.output, "output")
    alpha, alpha_zero_point = site.per_tensor(operands.second, "input")
    try:
        positive, negative = (
            _factor(source, target, factor, largest)
            for factor, largest in zip((1.0, alpha), _MAX_SHIFTS_PRELU[operands.kind], strict=True)
        )
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    low, high = activation_range("NONE", operands.kind, target)
    parameters: dict[str, Field] = {
        "alpha_zero_point": alpha_zero_point,
        "positive_multiplier": positive[0],
        "positive_shift": positive[1],
        "negative_multiplier": negative[0],
        "negative_shift": negative[1],
        "output": {"zero_point": target.zero_points[0], "min": low, "max": high},
    }
    if operands.kind == "int8":
        parameters["input_zero_point"] = source.zero_points[0]
    return operands.layer("prelu", parameters)


def _quantization(site: Site, tensor: Tensor, role: str) -> Quantization:
    """Return a tensor's quantisation, which must have one scale."""
    scale, zero_point = site.per_tensor(tensor, role)
    return Quantization((scale,), (zero_point,), 0)


def _factor(source: Quantization, target: Quantization, alpha: float, largest_shift: int) -> tuple[int, int]:
    """Return significand and shift of input scale x alpha / output scale, worked out in float32."""
    with np.errstate(over="ignore", under="ignore"):
        real = np.float32(source.scales[0]) * np.float32(alpha) / np.float32(target.scales[0])
    return quantize_factor(float(real), largest_shift)
