"""Random CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tflite
from random_graphs import MAX_ELEMENTS, Live, RandomGraph, activation, operation

__all__ = ["RandomWindow", "random_window"]

_KINDS = ("int8", "int16", "float32")
_MAX_WEIGHTS = 8192
_MAX_NARROW_DEPTH = 500
_MAX_CHANNELS = 40
# Weights lie within such bounds; small ones make factors between the scales that are shifts to the left.
_WEIGHT_BOUNDS = (128, 128, 128, 10, 2)
# Root mean square of random inputs: uniform over their range.
_INPUT_RMS = {"int8": 74.0, "int16": 18_900.0}


@dataclass(frozen=True)
class RandomWindow:
    """A window over an image: its size in elements, its output's (height, width) and the options it is written with."""

    kernel: tuple[int, int]
    size: tuple[int, int]
    options: dict[str, int]


def random_window(rng: np.random.Generator, source: Live, *, dilated: bool = True) -> RandomWindow:
    """Return a window that fits an image, with random kernel, strides, dilation and padding."""
    kernel = tuple(int(taps) for taps in rng.integers(1, 6, 2))
    stride = tuple(int(step) for step in rng.integers(1, 4, 2))
    dilation = tuple(int(step) for step in rng.integers(1, 4, 2)) if dilated and rng.integers(2) else (1, 1)
    reach = tuple((taps - 1) * step + 1 for taps, step in zip(kernel, dilation, strict=True))
    image = source.shape[1:3]
    fits = all(need <= size for need, size in zip(reach, image, strict=True))
    same = not fits or bool(rng.integers(2))
    size = tuple(
        -(-size // step) if same else (size - need) // step + 1
        for size, need, step in zip(image, reach, stride, strict=True)
    )
    options = {
        "Padding": tflite.Padding.SAME if same else tflite.Padding.VALID,
        "StrideH": stride[0],
        "StrideW": stride[1],
    }
    if dilated:
        options |= {"DilationHFactor": dilation[0], "DilationWFactor": dilation[1]}
    return RandomWindow((kernel[0], kernel[1]), (size[0], size[1]), options)


def _is_image(tensor: Live) -> bool:
    return tensor.kind in _KINDS and len(tensor.shape) == 4 and tensor.shape[0] == 1


@operation
def conv(graph: RandomGraph) -> bool:
    """CONV_2D."""
    source = graph.pick(_is_image)
    if source is None:
        return False
    rng = graph.rng
    window = random_window(rng, source)
    depth = window.kernel[0] * window.kernel[1] * source.shape[3]
    most = min(_MAX_CHANNELS, MAX_ELEMENTS // (window.size[0] * window.size[1]), _MAX_WEIGHTS // depth)
    if most < 1:
        return False
    channels = int(rng.integers(1, most + 1))
    target = graph.tensor((1, *window.size, channels), source.kind)
    shape = (channels, *window.kernel, source.shape[3])
    bias_type = _bias_type(graph, source, depth)
    weights = _weights(graph, source, target, shape, axis=0, bias_type=bias_type, needs_bias=True)
    _append(graph, "CONV_2D", [source, *weights], target, window.options | _bias_options(source, bias_type))
    return True


@operation
def depthwise(graph: RandomGraph) -> bool:
    """DEPTHWISE_CONV_2D."""
    source = graph.pick(_is_image)
    if source is None:
        return False
    rng = graph.rng
    window = random_window(rng, source)
    multiplier = int(rng.integers(1, 4))
    channels = multiplier * source.shape[3]
    if channels * window.size[0] * window.size[1] > MAX_ELEMENTS:
        return False
    target = graph.tensor((1, *window.size, channels), source.kind)
    bias_type = "int64" if source.kind == "int16" else "int32"
    weights = _weights(graph, source, target, (1, *window.kernel, channels), axis=3, bias_type=bias_type)
    _append(graph, "DEPTHWISE_CONV_2D", [source, *weights], target, window.options | {"DepthMultiplier": multiplier})
    return True


@operation
def dense(graph: RandomGraph) -> bool:
    """FULLY_CONNECTED over the last dimension, or over the last few at once."""
    rng = graph.rng
    source = graph.pick(lambda tensor: tensor.kind in _KINDS and len(tensor.shape) >= 2)
    if source is None:
        return False
    keep = bool(rng.integers(2))
    first = len(source.shape) - 1 if keep else int(rng.integers(len(source.shape)))
    depth = int(np.prod(source.shape[first:]))
    rows = source.elements // depth
    units = min(int(rng.integers(1, _MAX_CHANNELS)), _MAX_WEIGHTS // depth, MAX_ELEMENTS // rows)
    target = graph.tensor((*source.shape[:-1], units) if keep else (rows, units), source.kind)
    bias_type = _bias_type(graph, source, depth)
    weights = _weights(graph, source, target, (units, depth), axis=0, bias_type=bias_type)
    options: dict[str, int | bool] = {"KeepNumDims": keep}
    _append(graph, "FULLY_CONNECTED", [source, *weights], target, options | _bias_options(source, bias_type))
    return True


def _append(
    graph: RandomGraph, name: str, inputs: list[Live | int], target: Live, options: dict[str, int | bool]
) -> None:
    fused = activation(graph.random_activation())
    graph.append(name, inputs, [target], FusedActivationFunction=fused, **options)


def _bias_type(graph: RandomGraph, source: Live, depth: int) -> str:
    """Return the type of biases and sums: with int16 either, unless sums would not fit 32 bits."""
    is_wide = depth > _MAX_NARROW_DEPTH or graph.rng.integers(2)
    return "int64" if source.kind == "int16" and is_wide else "int32"


def _bias_options(source: Live, bias_type: str) -> dict[str, int]:
    """Return the option that says that biases with int16 have 32 bits."""
    is_narrow = source.kind == "int16" and bias_type == "int32"
    return {"QuantizedBiasType": tflite.TensorType.INT32} if is_narrow else {}


def _weights(
    graph: RandomGraph,
    source: Live,
    target: Live,
    shape: tuple[int, ...],
    *,
    axis: int,
    bias_type: str,
    needs_bias: bool = False,
) -> list[int]:
    """Return constant weights and, mostly, biases; the results cover a part of the target's range, or leave it.

    The reference kernel refuses a CONV_2D without biases.
    """
    rng = graph.rng
    channels = shape[axis]
    depth = int(np.prod(shape)) // channels
    has_bias = needs_bias or rng.random() < 0.8
    if source.kind == "float32":
        constants = [graph.constant(rng.normal(0.0, depth**-0.5, shape).astype(np.float32))]
        if has_bias:
            constants.append(graph.constant(rng.normal(0.0, 1.0, channels).astype(np.float32)))
        return constants
    bound = int(rng.choice(_WEIGHT_BOUNDS))
    sum_rms = _INPUT_RMS[source.kind] * bound / 3**0.5 * depth**0.5
    # From a thirtieth of the range's half to six times that.
    steps = np.iinfo(target.kind).max * 10 ** rng.uniform(-1.5, 0.8, channels if rng.integers(2) else 1)
    scales = [float(np.float32(scale)) for scale in steps / sum_rms * target.scale / source.scale]
    values = rng.integers(-bound, bound, shape, dtype=np.int8)
    constants = [graph.constant(values, scale=scales, axis=axis)]
    if has_bias:
        reach = int(sum_rms)
        products = [source.scale * scale for scale in scales]
        constants.append(graph.constant(rng.integers(-reach, reach, channels, dtype=bias_type), scale=products))
    return constants
