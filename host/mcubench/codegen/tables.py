"""Functions of one int8 value as tables of 256, computed as the reference kernels would compute each value; and the
curve that they interpolate for int16.

Source of the rules: google-ai-edge/LiteRT, tflite/kernels: activations.cc, elementwise.cc, internal/common.h
(LUTPopulateInt8; `sigmoid_table_uint16` for int16), internal/reference/{leaky_relu,hard_swish,reference_ops,neg}.h.
Tables are the outputs for INPUTS in order, int64 in the range of int8. ValueError if a factor between scales cannot be
had in fixed point.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mcubench.codegen.graph import Array, Quantization
from mcubench.codegen.rescale import activation_range, divide, quantize_factor, scale

__all__ = [
    "absolute_table",
    "clamp_table",
    "curve_points",
    "function_table",
    "hard_swish_table",
    "leaky_relu_table",
    "negate_table",
]

INPUTS = np.arange(-128, 128, dtype=np.int64)
# With which 9 bits do not leave 32.
_MAX_SHIFT = 22
# What the 16-bit arithmetic of HARD_SWISH can shift to the right.
_MAX_SHIFT_16 = 15
_FLOAT_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "ELU": lambda x: np.where(x < 0, np.expm1(x), x),
    "LOGISTIC": lambda x: (np.float32(1) / (np.float32(1) + np.exp(-x).astype(np.float32))).astype(np.float64),
    "TANH": np.tanh,
}


def function_table(name: str, source: Quantization, target: Quantization) -> Array:
    """Return the table of ELU, LOGISTIC or TANH, which the reference kernels compute in float32 with the C library.

    Here the functions themselves are right to the last bit of float32, which the C library's nearly always are.
    """
    with np.errstate(over="ignore", under="ignore"):
        inverse = np.float32(1) / np.float32(target.scales[0])
        if not np.isfinite(inverse):
            raise ValueError(f"the output's scale {target.scales[0]:g} is too small")
        real = np.float32(source.scales[0]) * (INPUTS - source.zero_points[0]).astype(np.float32)
        exact = _FLOAT_FUNCTIONS[name](real.astype(np.float64)).astype(np.float32)
        steps = (exact * inverse).astype(np.float64)
    rounded = np.copysign(np.floor(np.minimum(np.abs(steps), 1e6) + 0.5), steps)
    return _saturate(rounded.astype(np.int64) + target.zero_points[0])


def clamp_table(name: str, source: Quantization, target: Quantization) -> Array:
    """Return the table of RELU, RELU6, RELU_N1_TO_1 or RELU_0_TO_1."""
    low, high = activation_range(name, "int8", target)
    scaled = scale(INPUTS - source.zero_points[0], *_factor(source, target))
    # As the reference does it: a maximum below the minimum wins.
    clamped: Array = np.minimum(np.maximum(scaled + target.zero_points[0], low), high)
    return clamped


def leaky_relu_table(alpha: float, source: Quantization, target: Quantization) -> Array:
    """Return the table of LEAKY_RELU."""
    values = INPUTS - source.zero_points[0]
    positive = scale(values, *_factor(source, target))
    negative = scale(values, *_factor(source, target, alpha))
    return _saturate(np.where(values >= 0, positive, negative) + target.zero_points[0])


def absolute_table(source: Quantization, target: Quantization) -> Array:
    """Return the table of ABS."""
    values = np.abs(INPUTS - source.zero_points[0])
    return _saturate(scale(values, *_factor(source, target)) + target.zero_points[0])


def negate_table() -> Array:
    """Return the table of NEG, which takes no notice of scales; -128 stays as it is."""
    return np.where(INPUTS == -128, -128, -INPUTS)


def hard_swish_table(source: Quantization, target: Quantization) -> Array:
    """Return the table of HARD_SWISH, which is computed in 16 bits: x is x/128 steps, and relu6(x + 3) / 6 is Q15."""
    with np.errstate(over="ignore", under="ignore"):
        fine_scale = np.float32(1 / 128) * np.float32(source.scales[0])
        output_factor, output_shift = quantize_factor(float(fine_scale / np.float32(target.scales[0])), 0)
        relu_factor, relu_shift = quantize_factor(float(fine_scale / np.float32(3 / 32768)), _MAX_SHIFT)
    if min(output_shift, relu_shift) < -_MAX_SHIFT_16:
        raise ValueError("the input's scale is too small")
    fine = (INPUTS - source.zero_points[0]) * 128
    product = _high_product(fine, _to_16_bits(output_factor))
    # From -1 to 1 for x from -3 to 3. The last bit of a shift to the left comes last: there it may saturate.
    relu = _saturate_16(fine << max(relu_shift - 1, 0))
    relu = _high_product(relu, _to_16_bits(relu_factor))
    relu = _saturate_16(relu * 2) if relu_shift > 0 else divide(relu, -relu_shift)
    relu = (relu + (1 << 15)) >> 1
    raw = relu * product
    # Without rounding, towards zero.
    halves = np.sign(raw) * (np.abs(raw) >> 15)
    return _saturate(divide(halves, -output_shift) + target.zero_points[0])


def curve_points() -> Array:
    """Return logistic(x / 24) - 1/2 for x = 0 to 255, in 1/65536.

    The points lie above the curve by half of what the chords between them lie below it, and the last is the end.
    """

    def logistic(x: Array) -> Array:
        return 65536 / (1 + np.exp(-x / 24))

    x = np.arange(256.0)
    chord = (logistic(x) + logistic(x + 1)) / 2
    points = np.floor(logistic(x) + (logistic(x + 0.5) - chord) / 2 + 0.5)
    points[-1] = 65535
    return points.astype(np.int64) - 32768


def _factor(source: Quantization, target: Quantization, alpha: float = 1.0) -> tuple[int, int]:
    """Return significand and shift of input scale x alpha / output scale, worked out in float32."""
    with np.errstate(over="ignore", under="ignore"):
        real = float(np.float32(source.scales[0]) * np.float32(alpha) / np.float32(target.scales[0]))
    return quantize_factor(real, _MAX_SHIFT)


def _to_16_bits(significand: int) -> int:
    return min((significand + (1 << 15)) >> 16, (1 << 15) - 1)


def _high_product(values: Array, factor: int) -> Array:
    return (values * factor + (1 << 14)) >> 15


def _saturate_16(values: Array) -> Array:
    return np.clip(values, -(1 << 15), (1 << 15) - 1)


def _saturate(values: Array) -> Array:
    return np.clip(values, -128, 127)
