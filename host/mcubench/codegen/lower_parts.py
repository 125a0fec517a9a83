"""Operators that take a tensor apart or put several together: slices, splits, CONCATENATION, PACK and UNPACK."""

from __future__ import annotations

from collections.abc import Sequence

from mcubench.codegen.graph import Tensor
from mcubench.codegen.layer import Layer
from mcubench.codegen.lower_move import check_same_type, move_call, move_layer, moves
from mcubench.codegen.site import Site
from mcubench.codegen.strides import Move, row_strides

__all__ = ["lower_concatenation", "lower_pack", "lower_slice", "lower_split", "lower_split_v", "lower_unpack"]


def lower_concatenation(site: Site) -> Layer:
    """Return one copy per input."""
    if site.options.activation != "NONE":
        raise site.error(f"has the fused activation {site.options.activation}, expected NONE")
    axis = _axis(site, site.options.axis, len(site.output.shape))
    return _join(site, axis, [site.operand(i).shape for i in range(len(site.operator.inputs))])


def lower_pack(site: Site) -> Layer:
    """Return one copy per input: each gets a dimension of 1, along which they are joined."""
    axis = _axis(site, site.options.axis, len(site.output.shape))
    shapes = [site.operand(i).shape for i in range(len(site.operator.inputs))]
    return _join(site, axis, [(*shape[:axis], 1, *shape[axis:]) for shape in shapes])


def _join(site: Site, axis: int, shapes: Sequence[tuple[int, ...]]) -> Layer:
    """Return the layer that joins the inputs, which have these shapes, along an axis."""
    target = site.output
    sources = [site.operand(i) for i in range(len(shapes))]
    check_same_type(site, (*sources, target))
    for source, shape in zip(sources, shapes, strict=True):
        _check_same_scale(site, source, target)
        if len(shape) != len(target.shape) or _without(shape, axis) != _without(target.shape, axis):
            raise site.error(f"joins the shape {list(shape)} to {list(target.shape)} along dimension {axis}")
    if not sources or sum(shape[axis] for shape in shapes) != target.shape[axis]:
        raise site.error(f"has inputs that do not add up to {target.shape[axis]} along dimension {axis}")
    steps = row_strides(target.shape)
    calls, at = [], 0
    for source, shape in zip(sources, shapes, strict=True):
        move = Move.over(shape, row_strides(shape), steps, output_offset=at * steps[axis])
        calls.append(move_call(site, move, source, target))
        at += shape[axis]
    layer = moves(site, calls)
    if not layer.inputs:
        raise site.error("has only constants as its inputs, which the generated engine does not support")
    return layer


def lower_slice(site: Site) -> Layer:
    """Return the copy that is a SLICE."""
    site.check_counts((3,))
    source, target = site.input, site.output
    check_same_type(site, (source, target))
    begin, size = site.integers(1, "begin"), site.integers(2, "size")
    if len(begin) != len(source.shape) or len(size) != len(source.shape):
        raise site.error(f"has {len(begin)} begins and {len(size)} sizes for {len(source.shape)} dimensions")
    shape = tuple(
        whole - first if count == -1 else count for whole, first, count in zip(source.shape, begin, size, strict=True)
    )
    ends = [first + count for first, count in zip(begin, shape, strict=True)]
    inside = min(begin) >= 0 and all(end <= whole for end, whole in zip(ends, source.shape, strict=True))
    if not inside or shape != target.shape:
        raise site.error(f"takes {list(shape)} from {list(begin)} on out of {list(source.shape)}")
    return move_layer(site, _window(source, begin, shape), source, target)


def lower_split(site: Site) -> Layer:
    """Return one copy per output of a SPLIT into equal parts; its first input is the axis."""
    _check_outputs(site, 2, site.options.splits)
    source = site.flowing(1)
    axis = _axis(site, *_one(site, 0, "axis"), len(source.shape))
    count = len(site.operator.outputs)
    return _take_apart(site, source, axis, [source.shape[axis] // count] * count)


def lower_split_v(site: Site) -> Layer:
    """Return one copy per output of a SPLIT_V, whose parts have given sizes, of which one may be -1: the rest."""
    _check_outputs(site, 3, site.options.splits)
    source = site.input
    axis = _axis(site, *_one(site, 2, "axis"), len(source.shape))
    sizes = list(site.integers(1, "sizes"))
    if sizes.count(-1) == 1:
        sizes[sizes.index(-1)] = source.shape[axis] - sum(sizes) - 1
    return _take_apart(site, source, axis, sizes)


def lower_unpack(site: Site) -> Layer:
    """Return one copy per output of an UNPACK: parts of size 1, without their dimension."""
    _check_outputs(site, 1, site.options.splits)
    source = site.input
    axis = _axis(site, site.options.axis, len(source.shape))
    return _take_apart(site, source, axis, [1] * len(site.operator.outputs), unpacked=True)


def _take_apart(site: Site, source: Tensor, axis: int, sizes: Sequence[int], *, unpacked: bool = False) -> Layer:
    targets = [site.output_at(i) for i in range(len(site.operator.outputs))]
    check_same_type(site, (source, *targets))
    if len(sizes) != len(targets) or sum(sizes) != source.shape[axis] or min(sizes) < 1:
        raise site.error(f"splits {source.shape[axis]} elements into parts of {list(sizes)}")
    calls, at = [], 0
    for target, size in zip(targets, sizes, strict=True):
        shape = (*source.shape[:axis], size, *source.shape[axis + 1 :])
        if target.shape != (_without(shape, axis) if unpacked else shape):
            raise site.error(f"has an output of shape {list(target.shape)}, expected parts of {list(shape)}")
        begin = [at if dimension == axis else 0 for dimension in range(len(shape))]
        calls.append(move_call(site, _window(source, begin, shape), source, target))
        at += size
    return moves(site, calls)


def _window(source: Tensor, begin: Sequence[int], shape: Sequence[int]) -> Move:
    steps = row_strides(source.shape)
    offset = sum(step * first for step, first in zip(steps, begin, strict=True))
    return Move.over(shape, steps, row_strides(shape), input_offset=offset)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


def _one(site: Site, position: int, role: str) -> tuple[int]:
    values = site.integers(position, role)
    if len(values) != 1:
        raise site.error(f"has {len(values)} numbers as its {role}, expected one")
    return (values[0],)


def _axis(site: Site, axis: int, dimensions: int) -> int:
    if not -dimensions <= axis < dimensions:
        raise site.error(f"has the axis {axis} of {dimensions} dimensions")
    return axis % dimensions


def _check_outputs(site: Site, inputs: int, splits: int) -> None:
    if len(site.operator.inputs) != inputs or len(site.operator.outputs) != splits or splits < 1:
        raise site.error(
            f"has {len(site.operator.inputs)} inputs and {len(site.operator.outputs)} outputs, "
            f"expected {inputs} and {splits}"
        )


def _check_same_scale(site: Site, source: Tensor, target: Tensor) -> None:
    """Require what the reference kernel does not convert, or does in float: it is only a copy here."""
    a, b = source.quantization, target.quantization
    same = (a.scales, a.zero_points) == (b.scales, b.zero_points) if a and b else a is b
    if target.type in ("int8", "uint8") and not same:
        raise site.error("has inputs and an output of different scales or zero points")
