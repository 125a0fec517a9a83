"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED of int16 activations and int8 weights as kernel calls.

Source of the arithmetic: google-ai-edge/LiteRT, tflite/kernels: internal/reference/integer_ops/{conv,depthwise_conv,
fully_connected}.h and internal/common.cc, MultiplyByQuantizedMultiplier for int64.
"""

from __future__ import annotations

import numpy as np

from mcubench.codegen.factors import output_factors
from mcubench.codegen.fixedpoint import quantize_multiplier
from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Field, Layer, Weights, Window
from mcubench.codegen.lower_call import one_call
from mcubench.codegen.rescale import activation_range
from mcubench.codegen.site import Site

__all__ = ["lower_conv_s16", "lower_depthwise_s16", "lower_fully_connected_s16"]

_VALUE_BYTES = 2
# Largest sums that the reference's arithmetic allows.
_WIDE_REACH, _NARROW_REACH = 1 << 47, 1 << 31
_WIDE_MAX_SHIFT = 7


def lower_conv_s16(site: Site, window: Window, weights: Array) -> Layer:
    """Return the kernel call of a CONV_2D; `weights` are [out_channels][taps x in_channels]."""
    parameters: dict[str, Field] = {
        "weights": Weights(weights),
        "window": window.as_fields(),
        "output": _output(site, weights),
    }
    return _windowed(site, "kernels_conv_s16", window, parameters, weights.size)


def lower_depthwise_s16(site: Site, window: Window, taps: Array) -> Layer:
    """Return the kernel call of a DEPTHWISE_CONV_2D; `taps` are [taps][out_channels]."""
    parameters: dict[str, Field] = {
        "weights": Weights(taps),
        "window": window.as_fields(),
        "multiplier": window.out_channels // window.in_channels,
        "output": _output(site, taps.T),
    }
    return _windowed(site, "kernels_depthwise_s16", window, parameters, taps.size)


def lower_fully_connected_s16(site: Site, rows: int, weights: Array) -> Layer:
    """Return the kernel call of a FULLY_CONNECTED; `weights` are [units][depth]."""
    _check_zero_points(site)
    bias, reach = _bias(site, weights)
    factors = np.array(output_factors(site))
    if (reach * factors).max() >= _NARROW_REACH:
        raise site.error("has scales with which an output can exceed 32 bits")
    units, depth = weights.shape
    low, high = _range(site)
    parameters: dict[str, Field] = {
        "weights": Weights(weights),
        "bias": Weights(bias),
        "factors": Weights(factors),
        "rows": rows,
        "depth": depth,
        "units": units,
        "min": low,
        "max": high,
    }
    macs = rows * weights.size
    return one_call(site, "kernels_fully_connected_s16", parameters, macs=macs, weights=weights.size + units)


def _windowed(site: Site, kernel: str, window: Window, parameters: dict[str, Field], weights: int) -> Layer:
    return one_call(
        site,
        kernel,
        parameters,
        scratch_type="int16_t",
        scratch_bytes=0 if window.taps == 1 else window.taps * window.in_channels * _VALUE_BYTES,
        macs=window.out_pixels * weights,
        weights=weights + window.out_channels,
    )


def _output(site: Site, rows: Array) -> dict[str, Field]:
    """Return `kernels_output_s16_t`; `rows` are the weights of each output channel."""
    _check_zero_points(site)
    is_wide = _is_wide(site)
    bias, _ = _bias(site, rows)
    scalings = [_scaling(site, factor, is_wide) for factor in output_factors(site)]
    low, high = _range(site)
    return {
        "bias": Weights(bias),
        "multipliers": Weights(np.array([multiplier for multiplier, _ in scalings], np.int32)),
        "shifts": Weights(np.array([shift for _, shift in scalings], np.int32)),
        "is_wide": int(is_wide),
        "min": low,
        "max": high,
    }


def _is_wide(site: Site) -> bool:
    """Return whether sums have 64 bits, as they do unless an operator says that its biases have 32."""
    if site.options.bias_type not in ("float32", "int32", "int64"):
        raise site.error(f"has biases of {site.options.bias_type}, the generated engine supports int32, int64")
    return site.options.bias_type != "int32"


def _bias(site: Site, rows: Array) -> tuple[Array, Array]:
    """Return (bias, reach) per output channel: int64 biases, and the largest |sum|."""
    is_wide = _is_wide(site)
    bias = site.bias("int64" if is_wide else "int32", len(rows)).astype(np.int64)
    limit = _WIDE_REACH if is_wide else _NARROW_REACH
    # In Python's integers: a bias of 64 bits leaves no room for a sum of them.
    sums = np.abs(rows.astype(np.int64)).sum(axis=1) << 15
    reach = [abs(int(value)) + int(total) for value, total in zip(bias, sums, strict=True)]
    if max(reach) >= limit:
        raise site.error(f"has weights and biases whose sum can exceed {limit.bit_length()} bits")
    return bias, np.array(reach, np.float64)


def _scaling(site: Site, factor: float, is_wide: bool) -> tuple[int, int]:
    """Return (multiplier, shift) as `kernels_output_s16_t` takes them."""
    try:
        significand, shift = quantize_multiplier(factor)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    if not is_wide:
        return significand, shift
    if shift > _WIDE_MAX_SHIFT:
        raise site.error(f"cannot be computed in fixed point: the factor {factor:g} between the scales is too large")
    # Of 31 bits 15 stay, so that they can be multiplied with sums of 48.
    return min((significand + (1 << 15)) >> 16, (1 << 15) - 1), 15 - shift


def _range(site: Site) -> tuple[int, int]:
    return activation_range(site.activation, "int16", site.quantization(site.output, "output"))


def _check_zero_points(site: Site) -> None:
    """Require one scale for input and output each; int16 has the zero point 0."""
    site.per_tensor(site.input, "input")
    site.per_tensor(site.output, "output")
