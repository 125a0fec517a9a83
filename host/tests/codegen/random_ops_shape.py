"""Random operators that move elements: TRANSPOSE, PAD, slices, splits, joins, RESIZE_NEAREST_NEIGHBOR and views."""

from __future__ import annotations

import numpy as np
from random_graphs import MAX_ELEMENTS, Live, RandomGraph, operation

_KINDS = ("int8", "uint8", "int16", "int32", "float32")
# The reference kernels of PAD and of slices take no more.
_MAX_DIMENSIONS = 5


def _pick(graph: RandomGraph, *, most_dimensions: int = _MAX_DIMENSIONS) -> Live | None:
    return graph.pick(lambda tensor: tensor.kind in _KINDS and 0 < len(tensor.shape) <= most_dimensions)


def _numbers(graph: RandomGraph, values: object) -> int:
    return graph.constant(np.asarray(values, np.int32))


def _value(graph: RandomGraph, like: Live, shape: tuple[int, ...]) -> int:
    """Return a constant of a tensor's type, scale and zero point."""
    if like.kind == "float32":
        return graph.constant(graph.rng.normal(0.0, 2.0, shape).astype(np.float32))
    limits = np.iinfo(like.kind)
    values = graph.rng.integers(limits.min, limits.max, shape, dtype=like.kind, endpoint=True)
    return graph.constant(values, scale=like.scale or None, zero_point=like.zero_point)


def _axis(graph: RandomGraph, dimensions: int) -> tuple[int, int]:
    """Return an axis, and the same as an operator may have it: counted from the end."""
    axis = int(graph.rng.integers(dimensions))
    return axis, axis - dimensions * int(graph.rng.integers(2))


@operation
def transpose(graph: RandomGraph) -> bool:
    """TRANSPOSE in any order."""
    source = _pick(graph)
    if source is None:
        return False
    order = graph.rng.permutation(len(source.shape))
    target = graph.tensor([source.shape[axis] for axis in order], source.kind, like=source)
    graph.append("TRANSPOSE", [source, _numbers(graph, order)], [target])
    return True


@operation
def pad(graph: RandomGraph) -> bool:
    """PAD, or PADV2 with a value."""
    source = _pick(graph, most_dimensions=4)
    if source is None:
        return False
    around = graph.rng.integers(0, 3, (len(source.shape), 2)) * graph.rng.integers(0, 2, (len(source.shape), 1))
    # An image stays one: its batch is 1.
    around[0] = 0
    shape = tuple(int(size) for size in np.asarray(source.shape) + around.sum(axis=1))
    if np.prod(shape) > MAX_ELEMENTS:
        return False
    target = graph.tensor(shape, source.kind, like=source)
    if graph.rng.integers(2):
        graph.append("PADV2", [source, _numbers(graph, around), _value(graph, source, (1,))], [target])
    else:
        graph.append("PAD", [source, _numbers(graph, around)], [target])
    return True


@operation
def strided_slice(graph: RandomGraph) -> bool:
    """STRIDED_SLICE with any strides, with masks, and without some dimensions."""
    source = _pick(graph, most_dimensions=4)
    if source is None:
        return False
    rng, begin, end, strides, shape = graph.rng, [], [], [], []
    masks = {"BeginMask": 0, "EndMask": 0, "ShrinkAxisMask": 0, "NewAxisMask": 0, "EllipsisMask": 0}
    for axis, size in enumerate(source.shape):
        first = int(rng.integers(size))
        count = int(rng.integers(1, size + 1))
        stride = int(rng.choice([1, 1, 2, 3, -1, -2]))
        bit = 1 << axis
        if axis > 0 and rng.random() < 0.15:
            masks["ShrinkAxisMask"] |= bit
            begin, end, strides = [*begin, first], [*end, first + 1], [*strides, 1]
            continue
        if rng.integers(2):
            masks["BeginMask"] |= bit
            first = 0 if stride > 0 else size - 1
        room = size - first if stride > 0 else first + 1
        length = min(count, -(-room // abs(stride)))
        last = first + length * stride
        if last < 0 or (last > size and rng.integers(2)):
            masks["EndMask"] |= bit
            length = -(-room // abs(stride))
        begin = [*begin, first - size * int(rng.integers(2))]
        end, strides, shape = [*end, max(last, 0)], [*strides, stride], [*shape, length]
    if not shape:
        return False
    target = graph.tensor(shape, source.kind, like=source)
    numbers = [_numbers(graph, values) for values in (begin, end, strides)]
    graph.append("STRIDED_SLICE", [source, *numbers], [target], **masks)
    return True


@operation
def slice_part(graph: RandomGraph) -> bool:
    """SLICE."""
    source = _pick(graph)
    if source is None:
        return False
    begin = [int(graph.rng.integers(size)) for size in source.shape]
    shape = [int(graph.rng.integers(1, size - first + 1)) for first, size in zip(begin, source.shape, strict=True)]
    target = graph.tensor(shape, source.kind, like=source)
    graph.append("SLICE", [source, _numbers(graph, begin), _numbers(graph, shape)], [target])
    return True


@operation
def split(graph: RandomGraph) -> bool:
    """SPLIT into equal parts, or SPLIT_V into any."""
    source = _pick(graph)
    if source is None:
        return False
    axis, written = _axis(graph, len(source.shape))
    size = source.shape[axis]
    count = int(graph.rng.integers(1, min(size, 3) + 1))
    cuts = [0, *sorted(int(cut) for cut in graph.rng.choice(size - 1, count - 1, replace=False) + 1), size]
    is_equal = size % count == 0 and bool(graph.rng.integers(2))
    sizes = [size // count] * count if is_equal else list(np.diff(cuts))
    parts = [
        graph.tensor((*source.shape[:axis], part, *source.shape[axis + 1 :]), source.kind, like=source)
        for part in sizes
    ]
    if is_equal:
        graph.append("SPLIT", [_numbers(graph, [written]), source], parts, NumSplits=count)
    else:
        inputs = [source, _numbers(graph, sizes), _numbers(graph, [written])]
        graph.append("SPLIT_V", inputs, parts, NumSplits=count)
    return True


@operation
def concatenation(graph: RandomGraph) -> bool:
    """CONCATENATION of a tensor with others that have its scale, itself among them, or with a constant."""
    source = _pick(graph)
    if source is None:
        return False
    axis, written = _axis(graph, len(source.shape))
    inputs: list[Live | int] = [source]
    total = source.shape[axis]
    for _ in range(int(graph.rng.integers(1, 3))):
        other = graph.pick(lambda tensor: _joins(source, tensor, axis))
        if other is not None:
            inputs.append(other)
            total += other.shape[axis]
    if graph.rng.integers(2):
        inputs.insert(
            int(graph.rng.integers(len(inputs) + 1)),
            _value(graph, source, (*source.shape[:axis], 2, *source.shape[axis + 1 :])),
        )
        total += 2
    if source.elements // source.shape[axis] * total > MAX_ELEMENTS:
        return False
    shape = (*source.shape[:axis], total, *source.shape[axis + 1 :])
    exact = all(tensor.exact for tensor in inputs if isinstance(tensor, Live))
    target = graph.tensor(shape, source.kind, like=source, exact=exact)
    graph.append("CONCATENATION", inputs, [target], Axis=written)
    return True


def _joins(one: Live, other: Live, axis: int) -> bool:
    same = (one.kind, one.scale, one.zero_point) == (other.kind, other.scale, other.zero_point)
    return same and len(one.shape) == len(other.shape) and _without(one, axis) == _without(other, axis)


def _without(tensor: Live, axis: int) -> tuple[int, ...]:
    return (*tensor.shape[:axis], *tensor.shape[axis + 1 :])


@operation
def unpack(graph: RandomGraph) -> bool:
    """UNPACK, of no more than four parts, and often PACK in another order."""
    source = _pick(graph, most_dimensions=4)
    if source is None or len(source.shape) < 2:
        return False
    axis, written = _axis(graph, len(source.shape))
    count = source.shape[axis]
    if count > 4:
        return False
    parts = [graph.tensor(_without(source, axis), source.kind, like=source) for _ in range(count)]
    graph.append("UNPACK", [source], parts, Num=count, Axis=written)
    if graph.rng.integers(2):
        shape = _without(source, axis)
        target = graph.tensor((*shape[:axis], count, *shape[axis:]), source.kind, like=source)
        graph.append("PACK", parts[::-1], [target], ValuesCount=count, Axis=axis)
    return True


@operation
def resize_nearest(graph: RandomGraph) -> bool:
    """RESIZE_NEAREST_NEIGHBOR to any size."""
    source = graph.pick(lambda t: t.kind in _KINDS and len(t.shape) == 4 and t.shape[0] == 1)
    if source is None:
        return False
    size = [int(length) for length in graph.rng.integers(1, 15, 2)]
    if size[0] * size[1] * source.shape[3] > MAX_ELEMENTS:
        return False
    target = graph.tensor((1, *size, source.shape[3]), source.kind, like=source)
    modes = {"AlignCorners": bool(graph.rng.integers(2)), "HalfPixelCenters": bool(graph.rng.integers(2))}
    graph.append("RESIZE_NEAREST_NEIGHBOR", [source, _numbers(graph, size)], [target], **modes)
    return True


@operation
def view(graph: RandomGraph) -> bool:
    """SQUEEZE if there is anything to squeeze, EXPAND_DIMS otherwise."""
    source = _pick(graph, most_dimensions=4)
    if source is None:
        return False
    ones = [axis for axis, size in enumerate(source.shape) if size == 1 and axis > 0]
    if ones:
        target = graph.tensor(_without(source, ones[0]), source.kind, like=source)
        graph.append("SQUEEZE", [source], [target], SqueezeDims=[ones[0]])
        return True
    axis = int(graph.rng.integers(1, len(source.shape) + 1))
    target = graph.tensor((*source.shape[:axis], 1, *source.shape[axis:]), source.kind, like=source)
    graph.append("EXPAND_DIMS", [source, _numbers(graph, [axis])], [target])
    return True
