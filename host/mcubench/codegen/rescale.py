"""From one scale to another in fixed point, as the reference kernels of element-wise operators do it.

Source of the rules: google-ai-edge/LiteRT, tflite/kernels: internal/common.cc, internal/quantization_util.cc,
kernel_util.cc (Quantize); gemmlowp's fixedpoint.h.
"""

from __future__ import annotations

import math

import numpy as np

from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.graph import Array, Quantization

__all__ = ["activation_range", "divide", "kernel_factor", "quantize_factor", "scale"]

# Real bounds of each fused activation and of the operators of the same names; None is the end of the type's range.
_BOUNDS: dict[str, tuple[float | None, float | None]] = {
    "NONE": (None, None),
    "RELU": (0.0, None),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
    "RELU_0_TO_1": (0.0, 1.0),
}


def activation_range(activation: str, kind: str, output: Quantization) -> tuple[int, int]:
    """Return the smallest and largest output of an activation in an integer type."""
    limits = np.iinfo(kind)
    low, high = _BOUNDS[activation]
    return (
        limits.min if low is None else max(limits.min, _quantize(low, output)),
        limits.max if high is None else min(limits.max, _quantize(high, output)),
    )


def _quantize(value: float, output: Quantization) -> int:
    # A scale near 0 makes this huge but never NaN: one of the two ends is then never reached.
    with np.errstate(over="ignore"):
        quotient = float(np.float32(value) / np.float32(output.scales[0]))
    steps = min(abs(quotient), 1e6)
    return output.zero_points[0] + int(np.copysign(np.floor(steps + 0.5), quotient))


def quantize_factor(real: float, largest_shift: int) -> tuple[int, int]:
    """Return (significand, shift) with real = significand / 2^31 x 2^shift, and (0, 0) for factors below 2^-32.

    A negative factor has a negative significand. ValueError if the shift is above `largest_shift`, with which values
    leave 32 bits, or for which the kernels have no arithmetic.
    """
    significand, shift = quantize_multiplier(abs(real)) if math.isfinite(real) else (1 << 30, largest_shift + 1)
    if significand and shift > largest_shift:
        raise ValueError(f"the factor {real:g} between the scales is too large")
    return (significand if real > 0.0 else -significand), shift


def kernel_factor(real: float, largest_shift: int = -1) -> tuple[int, int]:
    """Return (multiplier, shift) with real = multiplier / 2^32 x 2^shift; other arguments as of `quantize_factor`."""
    significand, shift = quantize_factor(real, largest_shift)
    # Factors below 2^-32 make everything 0, and so does the smallest that has 32 bits.
    return (2 * significand, shift) if significand else (1 << 31, -31)


def scale(values: Array, significand: int, shift: int) -> Array:
    """Return int64 values x significand / 2^31 x 2^shift, rounded twice; a negative significand negates the result."""
    product = ((values << max(shift, 0)) * abs(significand) + (1 << 30)) >> 31
    scaled = divide(product, max(-shift, 0))
    return scaled if significand >= 0 else -scaled


def divide(values: Array, exponent: int) -> Array:
    """Return values / 2^exponent, rounded half away from zero."""
    half = (1 << exponent) >> 1
    rounded: Array = np.sign(values) * ((np.abs(values) + half) >> exponent)
    return rounded
