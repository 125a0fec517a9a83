"""Reads the operators' option tables (union BuiltinOptions of the schema)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tflite

from mcubench.codegen.graph import Options
from mcubench.errors import InputError

__all__ = ["enum_names", "read_options"]


def enum_names(enum: Any) -> dict[int, str]:
    """Return the names of a schema enum by value."""
    return {value: name for name, value in vars(enum).items() if isinstance(value, int)}


_ACTIVATIONS = enum_names(tflite.ActivationFunctionType)
_PADDINGS = enum_names(tflite.Padding)
_TYPES = enum_names(tflite.TensorType)


def read_options(operator: Any, name: str, index: int) -> Options:
    """Return the options of an operator; the defaults for one that has none here, or whose table may be absent.

    Raises InputError if it has another operator's table, or lacks one without which it means nothing.
    """
    reader = _READERS.get(name)
    if reader is None:
        return Options()
    kind, read = reader
    union = operator.BuiltinOptions()
    if union is None and name not in _NEEDED:
        return Options()
    if union is None or operator.BuiltinOptionsType() != getattr(tflite.BuiltinOptions, kind):
        raise InputError(f"operator {index} ({name}) has no {kind}")
    table = getattr(tflite, kind)()
    table.Init(union.Bytes, union.Pos)
    return read(table)


def _activation(table: Any) -> str:
    number = table.FusedActivationFunction()
    return _ACTIVATIONS.get(number, f"activation {number}")


def _bias_type(table: Any) -> str:
    number = table.QuantizedBiasType()
    return _TYPES.get(number, f"type {number}").lower()


def _window(table: Any) -> dict[str, Any]:
    return {
        "activation": _activation(table),
        "padding": _PADDINGS.get(table.Padding(), f"padding {table.Padding()}"),
        "stride_height": table.StrideH(),
        "stride_width": table.StrideW(),
    }


def _dilated_window(table: Any) -> dict[str, Any]:
    return _window(table) | {
        "dilation_height": table.DilationHFactor(),
        "dilation_width": table.DilationWFactor(),
    }


def _read_conv(table: Any) -> Options:
    return Options(**_dilated_window(table), bias_type=_bias_type(table))


def _read_depthwise(table: Any) -> Options:
    return Options(**_dilated_window(table), depth_multiplier=table.DepthMultiplier())


def _read_pool(table: Any) -> Options:
    return Options(**_window(table), kernel_height=table.FilterHeight(), kernel_width=table.FilterWidth())


def _read_fully_connected(table: Any) -> Options:
    return Options(activation=_activation(table), weights_format=table.WeightsFormat(), bias_type=_bias_type(table))


def _read_softmax(table: Any) -> Options:
    return Options(beta=float(table.Beta()))


def _read_sum(table: Any) -> Options:
    return Options(activation=_activation(table), pot_scale_int16=bool(table.PotScaleInt16()))


def _read_product(table: Any) -> Options:
    return Options(activation=_activation(table))


def _read_leaky_relu(table: Any) -> Options:
    return Options(alpha=float(table.Alpha()))


def _read_concatenation(table: Any) -> Options:
    return Options(activation=_activation(table), axis=table.Axis())


def _read_reducer(table: Any) -> Options:
    return Options(keep_dims=bool(table.KeepDims()))


def _read_split(table: Any) -> Options:
    return Options(splits=table.NumSplits())


def _read_pack(table: Any) -> Options:
    return Options(splits=table.ValuesCount(), axis=table.Axis())


def _read_unpack(table: Any) -> Options:
    return Options(splits=table.Num(), axis=table.Axis())


def _read_squeeze(table: Any) -> Options:
    # No tensor here has more dimensions than 8.
    length = min(table.SqueezeDimsLength(), 8)
    return Options(squeeze_dims=tuple(int(table.SqueezeDims(i)) for i in range(length)))


def _read_strided_slice(table: Any) -> Options:
    return Options(
        begin_mask=table.BeginMask(),
        end_mask=table.EndMask(),
        ellipsis_mask=table.EllipsisMask(),
        new_axis_mask=table.NewAxisMask(),
        shrink_axis_mask=table.ShrinkAxisMask(),
        offset=bool(table.Offset()),
    )


def _read_resize(table: Any) -> Options:
    return Options(align_corners=bool(table.AlignCorners()), half_pixel_centers=bool(table.HalfPixelCenters()))


def _read_svdf(table: Any) -> Options:
    return Options(
        activation=_activation(table),
        rank=table.Rank(),
        asymmetric_inputs=bool(table.AsymmetricQuantizeInputs()),
    )


def _read_lstm(table: Any) -> Options:
    return Options(
        activation=_activation(table),
        cell_clip=float(table.CellClip()),
        projection_clip=float(table.ProjClip()),
        time_major=bool(table.TimeMajor()),
        asymmetric_inputs=bool(table.AsymmetricQuantizeInputs()),
    )


_READERS: dict[str, tuple[str, Callable[[Any], Options]]] = {
    "ADD": ("AddOptions", _read_sum),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _read_pool),
    "CONCATENATION": ("ConcatenationOptions", _read_concatenation),
    "CONV_2D": ("Conv2DOptions", _read_conv),
    "DEPTHWISE_CONV_2D": ("DepthwiseConv2DOptions", _read_depthwise),
    "FULLY_CONNECTED": ("FullyConnectedOptions", _read_fully_connected),
    "LEAKY_RELU": ("LeakyReluOptions", _read_leaky_relu),
    "MAX_POOL_2D": ("Pool2DOptions", _read_pool),
    "MEAN": ("ReducerOptions", _read_reducer),
    "MUL": ("MulOptions", _read_product),
    "PACK": ("PackOptions", _read_pack),
    "REDUCE_MAX": ("ReducerOptions", _read_reducer),
    "RESIZE_NEAREST_NEIGHBOR": ("ResizeNearestNeighborOptions", _read_resize),
    "SOFTMAX": ("SoftmaxOptions", _read_softmax),
    "SPLIT": ("SplitOptions", _read_split),
    "SPLIT_V": ("SplitVOptions", _read_split),
    "SQUEEZE": ("SqueezeOptions", _read_squeeze),
    "STRIDED_SLICE": ("StridedSliceOptions", _read_strided_slice),
    "SUB": ("SubOptions", _read_sum),
    "SUM": ("ReducerOptions", _read_reducer),
    "SVDF": ("SVDFOptions", _read_svdf),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": ("UnidirectionalSequenceLSTMOptions", _read_lstm),
    "UNPACK": ("UnpackOptions", _read_unpack),
}
# Operators whose options have no sensible default.
_NEEDED = frozenset(
    (
        *("AVERAGE_POOL_2D", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "LEAKY_RELU", "MAX_POOL_2D"),
        *("PACK", "SOFTMAX", "SPLIT", "SPLIT_V", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM", "UNPACK"),
    )
)
