"""Fixed-point arithmetic of the TensorFlow Lite reference kernels, as far as it happens before a model runs.

Source of the rules: tflite/kernels/internal/quantization_util.cc and kernel_util.cc of google-ai-edge/LiteRT, built
with TFLITE_SINGLE_ROUNDING, as the ai-edge-litert wheels are. Factors are doubles, as there.
"""

from __future__ import annotations

import math

import numpy as np

from mcubench.codegen.graph import Quantization

__all__ = ["activation_range_f32", "activation_range_s8", "quantize_multiplier", "softmax_scaling"]

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
    """Return (significand, shift) with real = significand / 2^31 x 2^shift and 2^30 <= significand < 2^31, or (0, 0).

    Factors below 2^-32 become 0, factors of 2^30 and more saturate.
    """
    if real == 0.0:
        return 0, 0
    fraction, shift = math.frexp(real)
    significand = math.floor(fraction * (1 << 31) + 0.5)
    if significand == 1 << 31:
        significand //= 2
        shift += 1
    if shift < -31:
        return 0, 0
    if shift > 30:
        return (1 << 31) - 1, 30
    return significand, shift


def _round_half_away(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def activation_range_s8(activation: str, output: Quantization) -> tuple[int, int]:
    """Return the smallest and largest int8 output of a fused activation; KeyError if it is not a known one."""
    bounds = []
    for bound, end, tighter in zip(_ACTIVATIONS[activation], (INT8_MIN, INT8_MAX), (max, min), strict=True):
        if bound is None:
            bounds.append(end)
            continue
        quantized = _round_half_away(float(np.float32(bound) / np.float32(output.scales[0])))
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
    real = min(beta * input_scale * (1 << (31 - _SOFTMAX_INTEGER_BITS)), (1 << 30) - 1.0)
    if not real > 1.0:
        raise ValueError("beta x input scale must be above 2^-26")
    significand, shift = quantize_multiplier(real)
    radius = ((1 << _SOFTMAX_INTEGER_BITS) - 1) * (1 << (31 - _SOFTMAX_INTEGER_BITS)) / (1 << shift)
    return significand, shift, -math.floor(radius)
