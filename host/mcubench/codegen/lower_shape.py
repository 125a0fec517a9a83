"""Operators that rearrange one tensor: TRANSPOSE, PAD, RESIZE_NEAREST_NEIGHBOR."""

from __future__ import annotations

import numpy as np

from mcubench.codegen.graph import Array, Tensor
from mcubench.codegen.layer import Call, Field, Layer, Weights
from mcubench.codegen.lower_call import one_call
from mcubench.codegen.lower_move import check_same_type, move_call, move_layer, moves
from mcubench.codegen.site import Site
from mcubench.codegen.strides import Move, row_strides

__all__ = ["lower_pad", "lower_resize_nearest", "lower_transpose"]


def lower_transpose(site: Site) -> Layer:
    """Return the copy that is a TRANSPOSE."""
    site.check_counts((2,))
    source, target = site.input, site.output
    check_same_type(site, (source, target))
    numbers = site.integers(1, "permutation")
    order = tuple(axis + len(source.shape) if axis < 0 else axis for axis in numbers)
    if sorted(order) != list(range(len(source.shape))):
        raise site.error(f"has the permutation {list(numbers)} of {len(source.shape)} dimensions")
    _check_output(site, tuple(source.shape[axis] for axis in order))
    steps = row_strides(source.shape)
    return move_layer(
        site, Move.over(target.shape, [steps[axis] for axis in order], row_strides(target.shape)), source, target
    )


def lower_pad(site: Site) -> Layer:
    """Return the calls of a PAD or PADV2: one value everywhere, then the input over it."""
    site.check_counts((2, 3) if site.operator.name == "PADV2" else (2,))
    source, target = site.input, site.output
    check_same_type(site, (source, target))
    amounts = site.integers(1, "paddings")
    before, after = amounts[::2], amounts[1::2]
    if len(amounts) != 2 * len(source.shape) or min(amounts) < 0:
        raise site.error(f"has the paddings {list(amounts)}, expected two from 0 on for each dimension")
    _check_output(site, tuple(map(sum, zip(before, source.shape, after, strict=True))))
    steps = row_strides(target.shape)
    offset = sum(step * amount for step, amount in zip(steps, before, strict=True))
    move = Move.over(source.shape, row_strides(source.shape), steps, output_offset=offset)
    if not any(amounts):
        return move_layer(site, move, source, target)
    return moves(site, (_fill(target, _pad_value(site)), move_call(site, move, source, target)))


def _pad_value(site: Site) -> Array:
    """Return what stands around the input: the value that the operator has, or real 0."""
    target = site.output
    zero_point = _zero_point(site, target)
    index = site.operator.inputs[2] if len(site.operator.inputs) > 2 else -1
    if index < 0:
        return np.array(zero_point, target.type)
    value = site.graph.tensors[index]
    if value.data is None or value.type != target.type or value.elements != 1:
        raise site.error(f"has no constant value of {target.type} to pad with, which the generated engine needs")
    if _zero_point(site, value) != zero_point:
        raise site.error("has a value to pad with and an output of different zero points")
    return value.data.reshape(())


def _zero_point(site: Site, tensor: Tensor) -> int:
    if tensor.type in ("float32", "int32") or tensor.quantization is None:
        return 0
    return site.per_tensor(tensor, "output or value to pad with")[1]


def _fill(target: Tensor, value: Array) -> Call:
    raw = value.astype(value.dtype.newbyteorder("<")).tobytes()
    if len(set(raw)) == 1:
        raw = raw[:1]
    parameters: dict[str, Field] = {
        "count": target.bytes // len(raw),
        "element_bytes": len(raw),
        "value": int.from_bytes(raw, "little"),
    }
    return Call("kernels_fill", parameters, (), (target.index,), output_type="uint8_t")


def lower_resize_nearest(site: Site) -> Layer:
    """Return the kernel call of a RESIZE_NEAREST_NEIGHBOR."""
    site.check_counts((2,))
    source, target = site.input, site.output
    check_same_type(site, (source, target))
    if len(source.shape) != 4 or source.shape[0] != 1:
        raise site.error(f"has an input of shape {list(source.shape)}, expected [1, height, width, channels]")
    size = site.integers(1, "size")
    if len(size) != 2 or max(*source.shape, *size) > np.iinfo(np.int16).max:
        raise site.error(f"has the size {list(size)}, expected two numbers below 32768")
    _check_output(site, (1, *size, source.shape[3]))
    pixel_bytes = source.shape[3] * np.dtype(source.type).itemsize
    parameters: dict[str, Field] = {
        "rows": Weights(_nearest(site, source.shape[1], size[0])),
        "columns": Weights(_nearest(site, source.shape[2], size[1])),
        "out_height": size[0],
        "out_width": size[1],
        "row_bytes": source.shape[2] * pixel_bytes,
        "pixel_bytes": pixel_bytes,
    }
    return one_call(
        site,
        "kernels_resize_nearest",
        parameters,
        input_type="uint8_t",
        output_type="uint8_t",
        parameters_type="kernels_resize_t",
    )


def _nearest(site: Site, size: int, out_size: int) -> Array:
    """Return the index of the input for each of the output, in float32 as the reference kernel computes it.

    google-ai-edge/LiteRT, tflite/kernels/internal/reference/resize_nearest_neighbor.h
    """
    corners, half = site.options.align_corners, site.options.half_pixel_centers
    if corners and out_size > 1:
        scale = np.float32(size - 1) / np.float32(out_size - 1)
    else:
        scale = np.float32(size) / np.float32(out_size)
    places = (np.arange(out_size, dtype=np.float32) + np.float32(0.5 if half else 0.0)) * scale
    # Half away from zero, and no place is negative. Adding 0.5 in doubles is exact.
    whole = np.floor(places.astype(np.float64) + 0.5) if corners else np.floor(places)
    return np.minimum(whole, size - 1).astype(np.int16)


def _check_output(site: Site, shape: tuple[int, ...]) -> None:
    if site.output.shape != shape:
        raise site.error(f"has an output of shape {list(site.output.shape)}, expected {list(shape)}")
