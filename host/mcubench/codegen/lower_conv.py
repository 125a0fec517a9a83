"""CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED as kernel calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mcubench.codegen.factors import output_factors
from mcubench.codegen.fixedpoint import activation_range_f32, activation_range_s8, exact_multiplier, quantize_multiplier
from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Channel, Channels, Field, Layer, Weights, Window
from mcubench.codegen.lower_call import one_call
from mcubench.codegen.lower_s16 import lower_conv_s16, lower_depthwise_s16, lower_fully_connected_s16
from mcubench.codegen.lower_window import make_window
from mcubench.codegen.site import Site

__all__ = ["lower_conv", "lower_depthwise", "lower_fully_connected"]

# Pixels that the kernels compute per pass (PIXELS in conv_s8_dsp.c and conv_f32.c).
_PIXELS_PER_PASS = 4
_FLOAT_BYTES = 4
# The type of the weights by that of the activations.
_WEIGHTS = {"int8": "int8", "int16": "int8", "float32": "float32"}
# Channels that depthwise_s8_dsp.c copies in words.
_WORD_CHANNELS = 4
# The most that its planes take, unless one row of output needs more. Longer strips copy fewer rows twice, and channels
# that are copied together share lines of a cache, which has 4096 bytes on a STM32F746.
_STRIP_BYTES = 4096


def lower_conv(site: Site) -> Layer:
    """Return the kernel call of a CONV_2D."""
    kind = _check(site)
    weights = site.weights(_WEIGHTS[kind], 4)
    out_channels, height, width, in_channels = weights.shape
    window = make_window(site, (height, width), out_channels)
    if in_channels != window.in_channels:
        raise site.error(
            f"has weights for {in_channels} of {window.in_channels} input channels; "
            "the generated engine does not support grouped convolution"
        )
    rows = weights.reshape(out_channels, -1)
    if kind == "int16":
        return lower_conv_s16(site, window, rows)
    return _conv_f32(site, window, rows) if kind == "float32" else _conv_s8(site, window, rows)


def lower_fully_connected(site: Site) -> Layer:
    """Return the kernel call of a FULLY_CONNECTED; in float32 a 1x1 convolution over an image one pixel wide."""
    kind = _check(site)
    if site.options.weights_format != 0:
        raise site.error("has shuffled weights, which the generated engine does not support")
    weights = site.weights(_WEIGHTS[kind], 2)
    units, depth = weights.shape
    rows, rest = divmod(site.input.elements, depth)
    if rest or site.output.elements != rows * units:
        raise site.error(
            f"has an input of shape {list(site.input.shape)} and an output of shape {list(site.output.shape)}, "
            f"which do not fit weights of shape {[units, depth]}"
        )
    if kind == "int16":
        return lower_fully_connected_s16(site, rows, weights)
    if kind == "float32":
        return _conv_f32(site, Window(rows, 1, depth, rows, 1, units, 1, 1, 1, 1, 1, 1, 0, 0), weights)
    pairs = _pair_rows(weights)
    parameters: dict[str, Field] = {"rows": rows, "depth": depth, "padded_depth": pairs.shape[1], "units": units}
    bias, reach = _fold_bias(site, weights)
    scalings = [_scaling(site, exact_multiplier, factor, int(reach.max())) for factor in output_factors(site)]
    parameters |= _parameters_s8(site, pairs, bias, scalings)
    # One row, widened to int16.
    return _layer(site, "fully_connected_s8", parameters, rows * weights.size, weights.size, pairs.shape[1] * 2)


def lower_depthwise(site: Site) -> Layer:
    """Return the kernel call of a DEPTHWISE_CONV_2D."""
    kind = _check(site)
    weights = site.weights(_WEIGHTS[kind], 4)
    one, height, width, out_channels = weights.shape
    window = make_window(site, (height, width), out_channels)
    multiplier, rest = divmod(out_channels, window.in_channels)
    if one != 1 or rest:
        raise site.error(f"has weights of shape {list(weights.shape)} for {window.in_channels} input channels")
    taps = weights.reshape(-1, out_channels)
    if kind == "int16":
        return lower_depthwise_s16(site, window, taps)
    parameters: dict[str, Field] = {"window": window.as_fields(), "multiplier": multiplier}
    macs = window.out_pixels * window.taps * out_channels
    if kind == "float32":
        parameters |= {"weights": Weights(taps), "bias": Weights(site.bias("float32", out_channels))}
        return _layer(site, "depthwise_f32", parameters | _range_f32(site), macs, weights.size)
    rows = np.ascontiguousarray(taps.T)
    if window.in_channels == 1 and (height, width) != (3, 3):
        # All outputs read the same values, so it is a convolution; that is faster but for what strip_3x3.h is made for.
        return _conv_s8(site, window, rows)
    bias, _ = _fold_bias(site, rows)
    strip_rows, strip_channels, strip_bytes = _strip(window)
    parameters |= {"strip_rows": strip_rows, "strip_channels": strip_channels}
    parameters |= _parameters_s8(site, rows, bias, _conv_scalings(site)) | _zero_point(site)
    # Two tables of int32 offsets, and the values under a window that sticks out of the image.
    scratch = max(strip_bytes, window.taps * (2 * 4 + window.in_channels))
    return _layer(site, "depthwise_s8", parameters, macs, weights.size, scratch)


def _strip(window: Window) -> tuple[int, int, int]:
    """Return (output rows, input channels) that depthwise_s8_dsp.c computes at a time, and the bytes of scratch."""
    reach = (window.out_width - 1) * window.stride_width + window.kernel_width
    row_bytes = -(-reach // 2) * 2 * 2

    def planes_bytes(rows: int, channels: int) -> int:
        return ((rows - 1) * window.stride_height + window.kernel_height) * row_bytes * channels

    channels = min(window.in_channels, _WORD_CHANNELS)
    rows = next((rows for rows in range(window.out_height, 1, -1) if planes_bytes(rows, channels) <= _STRIP_BYTES), 1)
    while channels < window.in_channels and planes_bytes(rows, channels + _WORD_CHANNELS) <= _STRIP_BYTES:
        channels += _WORD_CHANNELS
    # Pixels are computed in pairs, and planes are cleared in fours of words: up to six values lie beyond the planes.
    scratch = window.kernel_height * -(-window.kernel_width // 2) * 4 + planes_bytes(rows, channels) + 6 * 2
    return rows, channels, scratch


def _check(site: Site) -> str:
    """Return the type of input and output."""
    site.check_counts((2, 3))
    return site.check_types(*((kind, kind) for kind in _WEIGHTS))[0]


def _layer(
    site: Site, kernel: str, parameters: dict[str, Field], macs: int, weights: int, scratch_bytes: int = 0
) -> Layer:
    is_float = kernel.endswith("f32")
    return one_call(
        site,
        f"kernels_{kernel}",
        parameters,
        scratch_type="" if kernel == "depthwise_f32" else "float" if is_float else "void",
        scratch_bytes=scratch_bytes,
        macs=macs,
        weights=weights + site.output.shape[-1],
    )


def _conv_f32(site: Site, window: Window, rows: Array) -> Layer:
    parameters: dict[str, Field] = {
        "weights": Weights(rows),
        "bias": Weights(site.bias("float32", window.out_channels)),
        "window": window.as_fields(),
    }
    scratch = 0 if window.taps == 1 else min(window.out_pixels, _PIXELS_PER_PASS) * rows.shape[1] * _FLOAT_BYTES
    macs = window.out_pixels * rows.size
    return _layer(site, "conv_f32", parameters | _range_f32(site), macs, rows.size, scratch)


def _conv_s8(site: Site, window: Window, rows: Array) -> Layer:
    pairs = _pair_rows(rows)
    depth = pairs.shape[1]
    parameters: dict[str, Field] = {"window": window.as_fields(), "depth": depth}
    bias, _ = _fold_bias(site, rows)
    parameters |= _parameters_s8(site, pairs, bias, _conv_scalings(site)) | _zero_point(site)
    # int16 columns of the pixels of one pass, then one column of bytes where it cannot be read in place, whose rows are
    # copied in words.
    columns = _PIXELS_PER_PASS if window.out_pixels >= _PIXELS_PER_PASS else 1
    in_place = window.taps == 1 and rows.shape[1] == depth
    scratch = columns * depth * 2 + (0 if in_place else depth + 4)
    return _layer(site, "conv_s8", parameters, window.out_pixels * rows.size, rows.size, scratch)


def _pair_rows(rows: Array) -> Array:
    """Return [pair of rows][depth][2], as the kernels read them, with zeros up to a depth that is a multiple of 4."""
    channels, depth = rows.shape
    padded = np.zeros((-(-channels // 2) * 2, -(-depth // 4) * 4), np.int8)
    padded[:channels, :depth] = rows
    return padded.reshape(-1, 2, padded.shape[1]).swapaxes(1, 2)


def _range_f32(site: Site) -> dict[str, Field]:
    low, high = activation_range_f32(site.activation)
    return {"min": low, "max": high}


def _zero_point(site: Site) -> dict[str, Field]:
    return {"input_zero_point": site.per_tensor(site.input, "input")[1]}


def _parameters_s8(site: Site, stored: Array, bias: Array, scalings: Sequence[tuple[int, int]]) -> dict[str, Field]:
    """Return what the int8 kernels share; `stored` are the weights as laid out in flash."""
    low, high = activation_range_s8(site.activation, site.quantization(site.output, "output"))
    _, zero_point = site.per_tensor(site.output, "output")
    channels = tuple(
        Channel(int(value), multiplier, shift) for value, (multiplier, shift) in zip(bias, scalings, strict=True)
    )
    return {
        "weights": Weights(stored),
        "channels": Channels(channels),
        "output": {"zero_point": zero_point, "min": low, "max": high},
    }


def _fold_bias(site: Site, rows: Array) -> tuple[Array, Array]:
    """Return (bias, reach) per output channel: the input's zero point folded in, and the largest |sum| on the way."""
    _, input_zero = site.per_tensor(site.input, "input")
    wide = rows.astype(np.int64)
    bias = site.bias("int32", len(rows)).astype(np.int64) - input_zero * wide.sum(axis=1)
    reach = np.abs(bias) + np.abs(wide).sum(axis=1) * 128
    if reach.max() >= (1 << 31) - 2:
        raise site.error("has weights and biases whose sum can exceed 32 bits")
    return bias, reach


def _conv_scalings(site: Site) -> list[tuple[int, int]]:
    """Return (multiplier, shift) per channel of convolutions: the reference's significand, doubled."""
    scalings = [_scaling(site, quantize_multiplier, factor) for factor in output_factors(site)]
    # The smallest factor there is makes 0 of every sum.
    return [(2 * significand, shift) if significand else (1 << 31, -31) for significand, shift in scalings]


def _scaling(site: Site, method: Callable[..., tuple[int, int]], *arguments: float) -> tuple[int, int]:
    try:
        return method(*arguments)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
