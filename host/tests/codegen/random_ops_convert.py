"""Random pools, RESHAPE, SOFTMAX, QUANTIZE and DEQUANTIZE."""

from __future__ import annotations

import numpy as np
from random_graphs import RandomGraph, activation, operation
from random_ops_conv import random_window

_ACTIVATIONS = ("int8", "int16", "float32")
_QUANTIZED = ("int8", "uint8", "int16")
# What QUANTIZE makes of a type.
_QUANTIZE = {
    "float32": ("int8", "int8", "int16", "uint8"),
    "int8": ("int8", "int8", "int16", "uint8"),
    "uint8": ("int8", "int16"),
    "int16": ("int8", "int16", "int32"),
    "int32": ("int8", "int16"),
}
# The reference kernel aborts on flat rows of 512 values and more.
_SOFTMAX_DEPTH = 511


@operation
def max_pool(graph: RandomGraph) -> bool:
    """MAX_POOL_2D; it takes its input's scale."""
    return _pool(graph, "MAX_POOL_2D")


@operation
def average_pool(graph: RandomGraph) -> bool:
    """AVERAGE_POOL_2D; it takes its input's scale."""
    return _pool(graph, "AVERAGE_POOL_2D")


def _pool(graph: RandomGraph, name: str) -> bool:
    source = graph.pick(lambda t: t.kind in _ACTIVATIONS and len(t.shape) == 4 and t.shape[0] == 1)
    if source is None:
        return False
    window = random_window(graph.rng, source, dilated=False)
    # An average in float32 is a sum.
    exact = None if source.kind != "float32" or name == "MAX_POOL_2D" else False
    target = graph.tensor((1, *window.size, source.shape[3]), source.kind, like=source, exact=exact)
    fused = activation(graph.random_activation())
    height, width = window.kernel
    options = window.options | {"FilterHeight": height, "FilterWidth": width, "FusedActivationFunction": fused}
    graph.append(name, [source], [target], **options)
    return True


@operation
def reshape(graph: RandomGraph) -> bool:
    """RESHAPE to a row, or to an image of another form."""
    source = graph.pick(lambda tensor: len(tensor.shape) > 0)
    if source is None:
        return False
    shapes = [(1, source.elements), (source.shape[0], source.elements // source.shape[0])]
    shapes += [
        (1, height, width, source.elements // (height * width))
        for height in range(2, 15)
        for width in range(2, 15)
        if source.elements % (height * width) == 0
    ]
    shape = shapes[int(graph.rng.integers(len(shapes)))]
    target = graph.tensor(shape, source.kind, like=source)
    graph.append("RESHAPE", [source, graph.constant(np.asarray(shape, np.int32))], [target])
    return True


@operation
def softmax(graph: RandomGraph) -> bool:
    """SOFTMAX over the last dimension."""
    source = graph.pick(lambda tensor: tensor.kind in _ACTIVATIONS and tensor.shape[-1] <= _SOFTMAX_DEPTH)
    if source is None:
        return False
    if source.kind == "int8":
        target = graph.tensor(source.shape, "int8", scale=1 / 256, zero_point=-128)
    elif source.kind == "int16":
        target = graph.tensor(source.shape, "int16", scale=1 / 32768)
    else:
        target = graph.tensor(source.shape, "float32")
    graph.append("SOFTMAX", [source], [target], Beta=float(graph.rng.uniform(0.3, 3.0)))
    return True


@operation
def quantize(graph: RandomGraph) -> bool:
    """QUANTIZE from float32, or from one integer type and scale to another."""
    source = graph.pick(lambda tensor: tensor.exact and tensor.kind in _QUANTIZE)
    if source is None:
        return False
    kind = str(graph.rng.choice(_QUANTIZE[source.kind]))
    graph.append("QUANTIZE", [source], [graph.tensor(source.shape, kind)])
    return True


@operation
def dequantize(graph: RandomGraph) -> bool:
    """DEQUANTIZE to float32; exact, as it is one product."""
    source = graph.pick(lambda tensor: tensor.kind in _QUANTIZED)
    if source is None:
        return False
    graph.append("DEQUANTIZE", [source], [graph.tensor(source.shape, "float32", exact=True)])
    return True
