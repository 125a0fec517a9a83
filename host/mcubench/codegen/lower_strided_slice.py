"""STRIDED_SLICE with all its masks (google-ai-edge/LiteRT, tflite/kernels/strided_slice.cc)."""

from __future__ import annotations

from dataclasses import dataclass

from mcubench.codegen.layer import Layer
from mcubench.codegen.lower_move import check_same_type, move_layer
from mcubench.codegen.site import Site
from mcubench.codegen.strides import Move, row_strides

__all__ = ["lower_strided_slice"]


_ROLES = ((1, "begin"), (2, "end"), (3, "strides"))


@dataclass(frozen=True)
class _Range:
    """What is taken along one dimension of the input; `shrinks` if the output does not have it."""

    first: int
    count: int
    stride: int
    shrinks: bool = False


def lower_strided_slice(site: Site) -> Layer:
    """Return the copy that is a STRIDED_SLICE."""
    site.check_counts((4,))
    source, target = site.input, site.output
    check_same_type(site, (source, target))
    entries = _entries(site)
    shape = tuple(1 if taken is None else taken.count for taken in entries if taken is None or not taken.shrinks)
    if target.shape != shape:
        raise site.error(f"has an output of shape {list(target.shape)}, expected {list(shape)}")
    ranges = [taken for taken in entries if taken is not None]
    counts = [taken.count for taken in ranges]
    steps = row_strides(source.shape)
    offset = sum(taken.first * step for taken, step in zip(ranges, steps, strict=True))
    strides = [taken.stride * step for taken, step in zip(ranges, steps, strict=True)]
    return move_layer(site, Move.over(counts, strides, row_strides(counts), input_offset=offset), source, target)


def _entries(site: Site) -> list[_Range | None]:
    """Return what is taken along each dimension of the input, in order, with None for each new dimension."""
    shape = list(site.input.shape)
    specified = _specified(site)
    named = [index for index in specified if not _is_new(site, index) and not _has(site.options.ellipsis_mask, index)]
    if sum(_has(site.options.ellipsis_mask, index) for index in specified) > 1:
        raise site.error("has several ellipses, expected one at most")
    if len(named) > len(shape):
        raise site.error(f"has begins for {len(named)} dimensions, its input has {len(shape)}")
    entries: list[_Range | None] = []
    for index in specified:
        if _has(site.options.ellipsis_mask, index):
            # The reference kernel gives it at least one dimension, which then is another's.
            if len(named) == len(site.input.shape):
                raise site.error("has an ellipsis that stands for no dimension")
            for _ in range(len(site.input.shape) - len(named)):
                entries.append(_Range(0, shape[0], 1))
                del shape[0]
        elif _is_new(site, index):
            entries.append(None)
        else:
            entries.append(_range(site, index, shape.pop(0)))
    return entries + [_Range(0, size, 1) for size in shape]


def _range(site: Site, index: int, size: int) -> _Range:
    begin, end, stride = (site.integers(position, role)[index] for position, role in _ROLES)
    if stride == 0:
        raise site.error("has a stride of 0")
    # Backwards, the places before the first and after the last element are one lower.
    low, high = (0, size) if stride > 0 else (-1, size - 1)
    first = min(max(begin + size if begin < 0 else begin, low), high)
    if _has(site.options.begin_mask, index):
        first = 0 if stride > 0 else size - 1
    shrinks = _has(site.options.shrink_axis_mask, index)
    if shrinks:
        if stride < 0 or not 0 <= first < size:
            raise site.error(f"takes element {begin} of {size} with the stride {stride}")
        return _Range(first, 1, 1, shrinks)
    end += first if site.options.offset else 0
    last = min(max(end + size if end < 0 else end, low), high)
    if _has(site.options.end_mask, index):
        last = size if stride > 0 else -1
    count = -((first - last) // stride)
    if count < 1:
        raise site.error(f"takes nothing from {begin} to {end} with the stride {stride}")
    return _Range(first, count, stride)


def _specified(site: Site) -> range:
    counts = {len(site.integers(position, role)) for position, role in _ROLES}
    if len(counts) != 1:
        raise site.error("has begins, ends and strides of different number")
    return range(counts.pop())


def _is_new(site: Site, index: int) -> bool:
    return _has(site.options.new_axis_mask, index) and not _has(site.options.ellipsis_mask, index)


def _has(mask: int, index: int) -> bool:
    return bool(mask >> index & 1)
