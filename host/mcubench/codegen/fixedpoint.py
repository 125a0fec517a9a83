"""Fixed-point arithmetic of the TensorFlow Lite reference kernels, as far as it happens before a model runs.

Source of the rules: google-ai-edge/LiteRT, tflite/kernels: internal/quantization_util.cc and internal/common.cc (built
without TFLITE_SINGLE_ROUNDING, as the ai-edge-litert wheels are), kernel_util.cc, and
internal/reference/integer_ops/fully_connected.h.
"""

from __future__ import annotations

import math

import numpy as np

from mcubench.codegen.graph import Quantization

__all__ = ["activation_range_f32", "activation_range_s8", "exact_multiplier", "quantize_multiplier", "softmax_scaling"]

INT8_MIN, INT8_MAX = -128, 127
_FLOAT_MAX = float(np.finfo(np.float32).max)
# Real bounds of each fused activation; None is the end of the type's own range.
_ACTIVATIONS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
_SOFTMAX_INTEGER_BITS = 5


def quantize_multiplier(real: float) -> tuple[int, int]:
    """Return (significand, shift) with real = significand / 2^31 x 2^shift and 2^30 <= significand < 2^31.

    Factors below 2^-32 give (0, 0). ValueError for those of 2^30 and more, which no sane model has.
    """
    if not math.isfinite(real):
        raise ValueError(f"the factor {real:g} between the scales is no number")
    fraction, shift = math.frexp(real)
    significand = math.floor(fraction * (1 << 31) + 0.5)
    if significand == 1 << 31:
        significand //= 2
        shift += 1
    if shift > 30:
        raise ValueError(f"the factor {real:g} between the scales is too large")
    if shift < -31:
        return 0, 0
    return significand, shift


def exact_multiplier(real: float, reach: int) -> tuple[int, int]:
    """Return (multiplier, shift) that scale sums as the reference's fully connected layer does, in doubles.

    With multiplier / 2^32 x 2^shift close to `real` and 2^31 <= multiplier < 2^32, an integer product rounded once
    equals round(double(sum) x real) for every |sum| <= reach, up to results of 256. The result grows with the sum, so
    it is enough that it steps to each value at the same sum; that bounds the multiplier from both sides.
    ValueError if no multiplier does it: that takes a factor like 0.7, whose multiples by 5, 15 and so on are halves in
    decimal, but are rounded up or down in doubles.
    """
    fraction, shift = math.frexp(real)
    if shift < -31:
        return 1 << 31, -31
    if shift > 30:
        raise ValueError(f"the factor {real:g} between the scales is too large")
    low, high = 1 << 31, (1 << 32) - 1
    for value in range(1, 257):
        step = min(_first_sum(real, value), reach + 1)
        # sum x multiplier >= (value - 1/2) x 2^(32 - shift) for the sums from `step` on, and for no smaller one
        bound = (2 * value - 1) << (31 - shift)
        if step <= reach:
            low = max(low, -(-bound // step))
        if step > 1:
            high = min(high, (bound - 1) // (step - 1))
        if step > reach:
            break
    if low > high:
        raise ValueError(f"no 32-bit factor rounds as {real!r} does in doubles; change a scale in its last digit")
    return min(max(round(fraction * (1 << 32)), low), high), shift


def _first_sum(real: float, value: int) -> int:
    """Return the smallest sum whose product with `real`, in doubles, rounds to `value` or more."""
    total = math.ceil((value - 0.5) / real)
    while _round_half_away(float(total - 1) * real) >= value:
        total -= 1
    while _round_half_away(float(total) * real) < value:
        total += 1
    return total


def _round_half_away(value: float) -> int:
    whole = math.trunc(value)
    rest = value - whole
    return whole + (rest >= 0.5) - (rest <= -0.5)


def activation_range_s8(activation: str, output: Quantization) -> tuple[int, int]:
    """Return the smallest and largest int8 output of a fused activation; KeyError if it is not a known one."""
    bounds = []
    for bound, end, tighter in zip(_ACTIVATIONS[activation], (INT8_MIN, INT8_MAX), (max, min), strict=True):
        if bound is None:
            bounds.append(end)
            continue
        # A scale near 0 makes this huge but never NaN: one of the two ends is then never reached.
        with np.errstate(over="ignore"):
            quotient = float(np.float32(bound) / np.float32(output.scales[0]))
        quantized = _round_half_away(min(max(quotient, -1024.0), 1024.0))
        bounds.append(tighter(end, output.zero_points[0] + quantized))
    return bounds[0], bounds[1]


def activation_range_f32(activation: str) -> tuple[float, float]:
    """Return the smallest and largest float32 output of a fused activation; KeyError if it is not a known one."""
    low, high = _ACTIVATIONS[activation]
    return -_FLOAT_MAX if low is None else low, _FLOAT_MAX if high is None else high


def softmax_scaling(beta: float, input_scale: float) -> tuple[int, int, int]:
    """Return (significand, shift, smallest difference that counts) for int8 softmax.

    The significand and shift bring a difference of two inputs to Q5.26. ValueError if beta x scale is too small.
    """
    real = min(beta * input_scale * (1 << (31 - _SOFTMAX_INTEGER_BITS)), (1 << 31) - 1.0)
    if not real > 1.0:
        raise ValueError("beta x input scale must be above 2^-26")
    significand, shift = quantize_multiplier(real)
    radius = ((1 << _SOFTMAX_INTEGER_BITS) - 1) * (1 << (31 - _SOFTMAX_INTEGER_BITS)) / (1 << shift)
    return significand, shift, -math.floor(radius)
