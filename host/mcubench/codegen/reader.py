"""Reads .tflite files: schema version 3, TensorFlow's tensorflow/compiler/mlir/lite/schema/schema.fbs."""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import tflite

from mcubench.codegen.graph import Array, Graph, Operator, Quantization, Tensor
from mcubench.codegen.options import enum_names, read_options
from mcubench.errors import InputError

__all__ = ["read_graph"]

# What the flatbuffers accessors raise when offsets, lengths or types in the file make no sense.
_BROKEN = (struct.error, ValueError, TypeError, IndexError, OverflowError, AttributeError, KeyError, MemoryError)
# No microcontroller needs more; these keep nonsense sizes from becoming work.
_MAX_ELEMENTS = 1 << 26
_MAX_ITEMS = 4096


_TYPES = enum_names(tflite.TensorType)
# Types whose constants are read; operators take fewer.
_ELEMENTS = ("float32", "int8", "uint8", "int16", "int32", "int64")
_OPERATORS = enum_names(tflite.BuiltinOperator)


def read_graph(data: bytes) -> Graph:
    """Return the model in the bytes of a .tflite file.

    Raises InputError, in one line, if the bytes are not a TensorFlow Lite model, are damaged, or if the model does not
    have one subgraph with one input and one output.
    """
    if len(data) < 16 or data[4:8] != b"TFL3":
        raise InputError(f"expected a TensorFlow Lite model (bytes 4 to 7 are 'TFL3'), saw {data[4:8]!r}")
    try:
        return _read_model(tflite.Model.GetRootAsModel(data, 0))
    except _BROKEN as exc:
        raise InputError(f"the TensorFlow Lite model is damaged: {type(exc).__name__}: {exc}") from exc


def _read_model(model: Any) -> Graph:
    if model.Version() != 3:
        raise InputError(f"expected a TensorFlow Lite model of schema version 3, saw version {model.Version()}")
    if model.SubgraphsLength() != 1:
        raise InputError(f"expected a model with one subgraph, saw {model.SubgraphsLength()}")
    subgraph = model.Subgraphs(0)
    tensors = tuple(_read_tensor(model, subgraph.Tensors(i), i) for i in _indices(subgraph.TensorsLength()))
    operators = tuple(_read_operator(model, subgraph.Operators(i), i) for i in _indices(subgraph.OperatorsLength()))
    if not operators:
        raise InputError("expected a model with operators, saw none")
    inputs = [subgraph.Inputs(i) for i in _indices(subgraph.InputsLength())]
    outputs = [subgraph.Outputs(i) for i in _indices(subgraph.OutputsLength())]
    if len(inputs) != 1 or len(outputs) != 1:
        raise InputError(f"expected a model with one input and one output, saw {len(inputs)} and {len(outputs)}")
    _check_indices(tensors, operators, (*inputs, *outputs))
    return Graph(tensors, operators, inputs[0], outputs[0])


def _indices(length: int) -> range:
    if length > _MAX_ITEMS:
        raise InputError(f"the model has a list of {length} items, expected at most {_MAX_ITEMS}")
    return range(length)


def _check_indices(tensors: tuple[Tensor, ...], operators: tuple[Operator, ...], ends: tuple[int, ...]) -> None:
    for index in ends:
        if not 0 <= index < len(tensors):
            raise InputError(f"the model's input or output is tensor {index}, but there are {len(tensors)} tensors")
    for operator in operators:
        for index in (*operator.inputs, *operator.outputs):
            if not -1 <= index < len(tensors):
                raise InputError(
                    f"operator {operator.index} ({operator.name}) uses tensor {index}, "
                    f"but there are {len(tensors)} tensors"
                )


def _read_tensor(model: Any, table: Any, index: int) -> Tensor:
    kind = _TYPES.get(table.Type(), f"type {table.Type()}").lower()
    shape = tuple(int(table.Shape(i)) for i in _indices(table.ShapeLength()))
    if len(shape) > 8 or math.prod(shape) > _MAX_ELEMENTS:
        raise InputError(f"tensor {index} has the shape {list(shape[:8])}, expected at most {_MAX_ELEMENTS} elements")
    if table.Sparsity() is not None:
        raise InputError(f"tensor {index} is sparse, which no engine here supports")
    if table.Buffer() >= model.BuffersLength():
        raise InputError(f"tensor {index} is in buffer {table.Buffer()}, but there are {model.BuffersLength()} buffers")
    buffer = model.Buffers(table.Buffer())
    data = _read_data(buffer, kind, shape, index) if buffer.DataLength() > 0 else None
    return Tensor(index, kind, shape, _read_quantization(table.Quantization()), data, bool(table.IsVariable()))


def _read_data(buffer: Any, kind: str, shape: tuple[int, ...], index: int) -> Array:
    if kind not in _ELEMENTS:
        return np.zeros(0, np.uint8)  # a constant that no supported operator can use
    element = np.dtype(kind).newbyteorder("<")
    raw = buffer.DataAsNumpy()
    expected = math.prod(shape) * element.itemsize
    if len(raw) != expected:
        raise InputError(
            f"tensor {index} ({kind}, shape {list(shape)}) needs {expected} bytes, its buffer has {len(raw)}"
        )
    values: Array = np.frombuffer(raw.tobytes(), element).reshape(shape)
    return values


def _read_quantization(table: Any) -> Quantization | None:
    if table is None or table.ScaleLength() == 0:
        return None
    scales = tuple(float(scale) for scale in table.ScaleAsNumpy())
    zero_points = tuple(int(zero) for zero in table.ZeroPointAsNumpy()) if table.ZeroPointLength() else ()
    if len(zero_points) <= 1:
        zero_points = (zero_points or (0,)) * len(scales)
    if len(zero_points) != len(scales):
        raise InputError(f"a tensor has {len(scales)} scales but {len(zero_points)} zero points")
    return Quantization(scales, zero_points, table.QuantizedDimension())


def _read_operator(model: Any, table: Any, index: int) -> Operator:
    if table.OpcodeIndex() >= model.OperatorCodesLength():
        raise InputError(f"operator {index} has operator code {table.OpcodeIndex()}, which does not exist")
    code = model.OperatorCodes(table.OpcodeIndex())
    # Files of schema version 3a and later keep codes above 127 in a second field; the larger of the two counts.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = _OPERATORS.get(number, f"builtin {number}")
    if name == "CUSTOM":
        name = f"CUSTOM {(code.CustomCode() or b'').decode('ascii', 'replace')}"
    return Operator(
        index=index,
        name=name,
        version=code.Version(),
        inputs=tuple(int(table.Inputs(i)) for i in _indices(table.InputsLength())),
        outputs=tuple(int(table.Outputs(i)) for i in _indices(table.OutputsLength())),
        options=read_options(table, name, index),
    )
