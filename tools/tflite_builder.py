"""Builds small .tflite files tensor by tensor, so that tests need no TensorFlow.

Usage: add tensors and operators in order, then `build(inputs, outputs)`:

    model = TfliteBuilder()
    x = model.tensor((1, 4, 4, 8), np.int8, scale=0.1, zero_point=-3)
    y = model.tensor((1, 128), np.int8, scale=0.1, zero_point=-3)
    model.operator("RESHAPE", [x], [y])
    data = model.build([x], [y])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import flatbuffers
import numpy as np
import tflite

__all__ = ["TfliteBuilder"]

_TYPES = {
    np.dtype(np.float16): tflite.TensorType.FLOAT16,
    np.dtype(np.float32): tflite.TensorType.FLOAT32,
    np.dtype(np.int32): tflite.TensorType.INT32,
    np.dtype(np.int8): tflite.TensorType.INT8,
    np.dtype(np.uint8): tflite.TensorType.UINT8,
    np.dtype(np.int16): tflite.TensorType.INT16,
    np.dtype(np.int64): tflite.TensorType.INT64,
}
# Option tables by builtin operator name; the option's Start / Add... / End functions have the same prefix.
_OPTIONS = {
    "CONV_2D": "Conv2DOptions",
    "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions",
    "FULLY_CONNECTED": "FullyConnectedOptions",
    "MAX_POOL_2D": "Pool2DOptions",
    "AVERAGE_POOL_2D": "Pool2DOptions",
    "RESHAPE": "ReshapeOptions",
    "SOFTMAX": "SoftmaxOptions",
    "QUANTIZE": "QuantizeOptions",
    "DEQUANTIZE": "DequantizeOptions",
    "ADD": "AddOptions",
    "SUB": "SubOptions",
    "MUL": "MulOptions",
    "MINIMUM": "MaximumMinimumOptions",
    "MAXIMUM": "MaximumMinimumOptions",
    "LEAKY_RELU": "LeakyReluOptions",
    "HARD_SWISH": "HardSwishOptions",
    "CONCATENATION": "ConcatenationOptions",
    "PAD": "PadOptions",
    "PADV2": "PadV2Options",
    "MEAN": "ReducerOptions",
    "SUM": "ReducerOptions",
    "REDUCE_MAX": "ReducerOptions",
    "TRANSPOSE": "TransposeOptions",
    "STRIDED_SLICE": "StridedSliceOptions",
    "SLICE": "SliceOptions",
    "SPLIT": "SplitOptions",
    "SPLIT_V": "SplitVOptions",
    "PACK": "PackOptions",
    "UNPACK": "UnpackOptions",
    "EXPAND_DIMS": "ExpandDimsOptions",
    "SQUEEZE": "SqueezeOptions",
    "RESIZE_NEAREST_NEIGHBOR": "ResizeNearestNeighborOptions",
    "SVDF": "SVDFOptions",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "UnidirectionalSequenceLSTMOptions",
}
# Operator versions written; 1 where none is given.
VERSIONS = {"CONV_2D": 3, "DEPTHWISE_CONV_2D": 3}


@dataclass
class _Tensor:
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    data: np.ndarray[Any, Any] | None
    scales: Sequence[float]
    zero_points: Sequence[int]
    axis: int
    variable: bool


@dataclass
class _Operator:
    name: str
    inputs: Sequence[int]
    outputs: Sequence[int]
    version: int | None
    options: dict[str, Any]
    intermediates: Sequence[int]


@dataclass
class TfliteBuilder:
    """A model under construction: one subgraph."""

    tensors: list[_Tensor] = field(default_factory=list)
    operators: list[_Operator] = field(default_factory=list)

    def tensor(
        self,
        shape: Sequence[int],
        dtype: Any,
        *,
        data: np.ndarray[Any, Any] | None = None,
        scale: float | Sequence[float] | None = None,
        zero_point: int = 0,
        axis: int = 0,
        variable: bool = False,
    ) -> int:
        """Add a tensor and return its index; `data` makes it a constant, a sequence of scales makes it per-channel."""
        scales = [] if scale is None else [scale] if isinstance(scale, (int, float)) else list(scale)
        zero_points = [zero_point] * len(scales)
        self.tensors.append(_Tensor(tuple(shape), np.dtype(dtype), data, scales, zero_points, axis, variable))
        return len(self.tensors) - 1

    def operator(
        self,
        name: str,
        inputs: Sequence[int],
        outputs: Sequence[int],
        *,
        version: int | None = None,
        intermediates: Sequence[int] = (),
        **options: Any,
    ) -> None:
        """Add an operator; `options` are named as in the schema in CamelCase, e.g. StrideH=2."""
        self.operators.append(_Operator(name, inputs, outputs, version, options, intermediates))

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> bytes:
        """Return the bytes of the file."""
        fb = flatbuffers.Builder(1 << 16)
        buffers = [np.zeros(0, np.uint8)] + [t.data for t in self.tensors if t.data is not None]
        buffer_offsets = [_buffer(fb, data) for data in buffers]
        constants = iter(range(1, len(buffers)))
        tensors = [_tensor(fb, t, next(constants) if t.data is not None else 0) for t in self.tensors]
        versions = [op.version or VERSIONS.get(op.name, 1) for op in self.operators]
        kinds = sorted({(op.name, version) for op, version in zip(self.operators, versions, strict=True)})
        operators = [
            _operator(fb, op, kinds.index((op.name, version)))
            for op, version in zip(self.operators, versions, strict=True)
        ]
        codes = [_operator_code(fb, name, version) for name, version in kinds]
        subgraph = _subgraph(fb, tensors, operators, inputs, outputs)
        vectors = [_offsets(fb, items) for items in (codes, [subgraph], buffer_offsets)]
        tflite.ModelStart(fb)
        tflite.ModelAddVersion(fb, 3)
        tflite.ModelAddOperatorCodes(fb, vectors[0])
        tflite.ModelAddSubgraphs(fb, vectors[1])
        tflite.ModelAddBuffers(fb, vectors[2])
        fb.Finish(tflite.ModelEnd(fb), b"TFL3")
        return bytes(fb.Output())


def _offsets(fb: flatbuffers.Builder, items: Sequence[int]) -> int:
    fb.StartVector(4, len(items), 4)
    for item in reversed(items):
        fb.PrependUOffsetTRelative(item)
    return int(fb.EndVector())


def _buffer(fb: flatbuffers.Builder, data: np.ndarray[Any, Any]) -> int:
    vector = None
    if data.size:
        raw = np.ascontiguousarray(data).tobytes()
        fb.StartVector(1, len(raw), 16)
        fb.head -= len(raw)
        fb.Bytes[fb.head : fb.head + len(raw)] = raw
        vector = fb.EndVector()
    tflite.BufferStart(fb)
    if vector is not None:
        tflite.BufferAddData(fb, vector)
    return int(tflite.BufferEnd(fb))


def _tensor(fb: flatbuffers.Builder, tensor: _Tensor, buffer: int) -> int:
    shape = fb.CreateNumpyVector(np.asarray(tensor.shape, np.int32))
    quantization = None
    if tensor.scales:
        scales = fb.CreateNumpyVector(np.asarray(tensor.scales, np.float32))
        zero_points = fb.CreateNumpyVector(np.asarray(tensor.zero_points, np.int64))
        tflite.QuantizationParametersStart(fb)
        tflite.QuantizationParametersAddScale(fb, scales)
        tflite.QuantizationParametersAddZeroPoint(fb, zero_points)
        tflite.QuantizationParametersAddQuantizedDimension(fb, tensor.axis)
        quantization = tflite.QuantizationParametersEnd(fb)
    name = fb.CreateString("t")
    tflite.TensorStart(fb)
    tflite.TensorAddShape(fb, shape)
    tflite.TensorAddType(fb, _TYPES[tensor.dtype])
    tflite.TensorAddBuffer(fb, buffer)
    tflite.TensorAddName(fb, name)
    tflite.TensorAddIsVariable(fb, tensor.variable)
    if quantization is not None:
        tflite.TensorAddQuantization(fb, quantization)
    return int(tflite.TensorEnd(fb))


def _operator(fb: flatbuffers.Builder, op: _Operator, code: int) -> int:
    inputs = fb.CreateNumpyVector(np.asarray(op.inputs, np.int32))
    outputs = fb.CreateNumpyVector(np.asarray(op.outputs, np.int32))
    intermediates = fb.CreateNumpyVector(np.asarray(op.intermediates, np.int32)) if op.intermediates else None
    kind = _OPTIONS.get(op.name)
    options = None
    if kind is not None:
        values = {
            key: fb.CreateNumpyVector(np.asarray(value, np.int32)) if isinstance(value, (list, tuple)) else value
            for key, value in op.options.items()
        }
        getattr(tflite, f"{kind}Start")(fb)
        for key, value in values.items():
            getattr(tflite, f"{kind}Add{key}")(fb, value)
        options = getattr(tflite, f"{kind}End")(fb)
    tflite.OperatorStart(fb)
    tflite.OperatorAddOpcodeIndex(fb, code)
    tflite.OperatorAddInputs(fb, inputs)
    tflite.OperatorAddOutputs(fb, outputs)
    if intermediates is not None:
        tflite.OperatorAddIntermediates(fb, intermediates)
    if options is not None:
        tflite.OperatorAddBuiltinOptionsType(fb, getattr(tflite.BuiltinOptions, str(kind)))
        tflite.OperatorAddBuiltinOptions(fb, options)
    return int(tflite.OperatorEnd(fb))


def _operator_code(fb: flatbuffers.Builder, name: str, version: int) -> int:
    code = getattr(tflite.BuiltinOperator, name)
    tflite.OperatorCodeStart(fb)
    # Readers older than schema version 3a know only this 8-bit field; 127 says "see BuiltinCode".
    tflite.OperatorCodeAddDeprecatedBuiltinCode(fb, min(code, 127))
    tflite.OperatorCodeAddBuiltinCode(fb, code)
    tflite.OperatorCodeAddVersion(fb, version)
    return int(tflite.OperatorCodeEnd(fb))


def _subgraph(
    fb: flatbuffers.Builder,
    tensors: Sequence[int],
    operators: Sequence[int],
    inputs: Sequence[int],
    outputs: Sequence[int],
) -> int:
    tensor_vector = _offsets(fb, tensors)
    operator_vector = _offsets(fb, operators)
    input_vector = fb.CreateNumpyVector(np.asarray(inputs, np.int32))
    output_vector = fb.CreateNumpyVector(np.asarray(outputs, np.int32))
    tflite.SubGraphStart(fb)
    tflite.SubGraphAddTensors(fb, tensor_vector)
    tflite.SubGraphAddInputs(fb, input_vector)
    tflite.SubGraphAddOutputs(fb, output_vector)
    tflite.SubGraphAddOperators(fb, operator_vector)
    return int(tflite.SubGraphEnd(fb))
