"""Random MEAN, SUM and REDUCE_MAX."""

from __future__ import annotations

import numpy as np
from random_graphs import Live, RandomGraph, operation

_KINDS = ("int8", "int16", "float32")


def _reduce(graph: RandomGraph, name: str, source: Live | None, *, same_scale: bool, exact: bool | None) -> bool:
    """Append a reduction over any axes but all of them without keeping their dimensions: that would be a scalar."""
    if source is None:
        return False
    dimensions = len(source.shape)
    count = int(graph.rng.integers(1, dimensions + 1))
    axes = [int(axis) for axis in graph.rng.choice(dimensions, count, replace=False)]
    keep = count == dimensions or bool(graph.rng.integers(2))
    shape = [1 if axis in axes else size for axis, size in enumerate(source.shape) if keep or axis not in axes]
    like = source if same_scale else None
    scale = None if like or source.kind == "float32" else source.scale * float(graph.rng.uniform(0.3, 1.5))
    target = graph.tensor(shape, source.kind, like=like, scale=scale, exact=exact)
    written = [axis - dimensions * int(graph.rng.integers(2)) for axis in axes]
    graph.append(name, [source, graph.constant(np.asarray(written, np.int32))], [target], KeepDims=keep)
    return True


@operation
def mean(graph: RandomGraph) -> bool:
    """MEAN."""
    source = graph.pick(lambda tensor: tensor.kind in _KINDS)
    exact = None if source is None or source.kind != "float32" else False
    return _reduce(graph, "MEAN", source, same_scale=False, exact=exact)


@operation
def total(graph: RandomGraph) -> bool:
    """SUM of float32."""
    source = graph.pick(lambda tensor: tensor.kind == "float32")
    return _reduce(graph, "SUM", source, same_scale=False, exact=False)


@operation
def largest(graph: RandomGraph) -> bool:
    """REDUCE_MAX, which keeps scale and zero point."""
    source = graph.pick(lambda tensor: tensor.kind in _KINDS)
    return _reduce(graph, "REDUCE_MAX", source, same_scale=True, exact=None)
