"""Reads .tflite files: schema version 3, TensorFlow's tensorflow/compiler/mlir/lite/schema/schema.fbs."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
import tflite

from mcubench.codegen.check import check_graph
from mcubench.codegen.graph import Array, Graph, Operator, Quantization, Tensor
from mcubench.codegen.options import enum_names, read_options
from mcubench.errors import InputError

__all__ = ["read_graph"]

# What the flatbuffers accessors raise when offsets, lengths or types in the file make no sense.
_BROKEN = (struct.error, ValueError, TypeError, IndexError, OverflowError, AttributeError, KeyError, MemoryError)
# No microcontroller needs more. Parts of a file may overlap, so that its size alone bounds neither time nor memory.
_MAX_TENSORS = 4096
_MAX_OPERATORS = 2048
_MAX_CODES = 512
_MAX_ENDS = 1 << 14
_MAX_SCALES = 1 << 20
_MAX_ELEMENTS = 1 << 26
_MAX_DIMENSIONS = 8
_MAX_NAME = 40
# Where a table holds what the package `tflite` does not know yet, a number of 32 bits: field 10 of Tensor
# (schema_py_generated.py of ai-edge-litert 2.3.0).
_TENSOR_EXTERNAL_BUFFER = 24

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
        raise InputError(f"the TensorFlow Lite model is damaged or cut off ({type(exc).__name__}: {exc})") from exc


def _read_model(model: Any) -> Graph:
    if model.Version() != 3:
        raise InputError(f"expected a TensorFlow Lite model of schema version 3, saw version {model.Version()}")
    if model.SubgraphsLength() != 1:
        raise InputError(
            f"expected a model with one subgraph, saw {model.SubgraphsLength()}: loops and branches have"
            " their own; convert recurrent layers unrolled (in Keras unroll=True)"
        )
    subgraph = model.Subgraphs(0)
    counts = subgraph.InputsLength(), subgraph.OutputsLength()
    if counts != (1, 1):
        raise InputError(f"expected a model with one input and one output, saw {counts[0]} and {counts[1]}")
    ends = subgraph.Inputs(0), subgraph.Outputs(0)
    tensors = _read_tensors(model, subgraph)
    for index, role in zip(ends, ("input", "output"), strict=True):
        if not 0 <= index < len(tensors):
            raise InputError(f"the model's {role} is tensor {index}, but there are {len(tensors)} tensors")
        _check_fixed(subgraph.Tensors(index), f"the model's {role}")
    graph = Graph(tensors, _read_operators(model, subgraph), *ends)
    check_graph(graph)
    return graph


def _checked(count: int, most: int, what: str) -> int:
    """Return a count that is not more than a model here may have."""
    if count > most:
        raise InputError(f"the model has {count} {what}, expected at most {most}")
    return count


def _read_tensors(model: Any, subgraph: Any) -> tuple[Tensor, ...]:
    tables = [subgraph.Tensors(i) for i in range(_checked(subgraph.TensorsLength(), _MAX_TENSORS, "tensors"))]
    quantizations = [table.Quantization() for table in tables]
    _checked(sum(each.ScaleLength() for each in quantizations if each), _MAX_SCALES, "scales")
    return tuple(_read_tensor(model, table, index) for index, table in enumerate(tables))


def _read_tensor(model: Any, table: Any, index: int) -> Tensor:
    kind = _TYPES.get(table.Type(), f"type {table.Type()}").lower()
    if table.ShapeLength() > _MAX_DIMENSIONS:
        raise InputError(
            f"tensor {index} has {table.ShapeLength()} dimensions, expected at most {_MAX_DIMENSIONS} of them"
        )
    shape = tuple(int(table.Shape(i)) for i in range(table.ShapeLength()))
    if math.prod(shape) > _MAX_ELEMENTS:
        raise InputError(f"tensor {index} has the shape {list(shape)}, expected at most {_MAX_ELEMENTS} elements")
    if table.Sparsity() is not None:
        raise InputError(f"tensor {index} is sparse, which no engine here supports")
    if table.Buffer() >= model.BuffersLength():
        raise InputError(f"tensor {index} is in buffer {table.Buffer()}, but there are {model.BuffersLength()} buffers")
    buffer = model.Buffers(table.Buffer())
    _check_inside(table, buffer, index)
    data = _read_data(buffer, kind, shape, index) if buffer.DataLength() > 0 else None
    return Tensor(
        index, kind, shape, _read_quantization(table.Quantization(), kind, index), data, bool(table.IsVariable())
    )


def _check_inside(table: Any, buffer: Any, index: int) -> None:
    """InputError if a tensor's data is not in the flatbuffer: behind it, or in a file of its own."""
    # Both are 0 or 1 where they are not used (schema.fbs: offset 0 and 1 do not occur).
    behind = max(buffer.Offset(), buffer.Size()) > 1
    field = table._tab.Offset(_TENSOR_EXTERNAL_BUFFER)
    apart = field and struct.unpack_from("<I", table._tab.Bytes, table._tab.Pos + field)[0] > 0
    if behind or apart:
        where = "in a file of its own" if apart else "behind the flatbuffer"
        raise InputError(
            f"tensor {index} has its data {where}, which no engine here can read; convert the model to one .tflite file"
            " with its weights inside"
        )


def _check_fixed(table: Any, role: str) -> None:
    """InputError if a size other than the batch may be any; a batch of any size is taken as the file's shape says."""
    # The signature is there if any size is open (-1); it has as many sizes as the shape.
    count = min(table.ShapeSignatureLength(), _MAX_DIMENSIONS)
    signature = [int(table.ShapeSignature(i)) for i in range(count)]
    if min(signature[1:], default=0) < 0:
        raise InputError(f"{role} has the dynamic shape {signature}; convert the model with fixed sizes")


def _read_data(buffer: Any, kind: str, shape: tuple[int, ...], index: int) -> Array:
    """Return a view of the file: tensors may share their data, and copies of it would have no bound."""
    if kind not in _ELEMENTS:
        return np.zeros(0, np.uint8)  # a constant that no supported operator can use
    element = np.dtype(kind).newbyteorder("<")
    raw = buffer.DataAsNumpy()
    expected = math.prod(shape) * element.itemsize
    if len(raw) != expected:
        raise InputError(
            f"tensor {index} ({kind}, shape {list(shape)}) needs {expected} bytes, its buffer has {len(raw)}"
        )
    values: Array = raw.view(element).reshape(shape)
    return values


def _read_quantization(table: Any, kind: str, index: int) -> Quantization | None:
    # Floats stand for themselves, whatever was left in the file.
    if table is None or table.ScaleLength() == 0 or kind == "float32":
        return None
    counts = table.ScaleLength(), table.ZeroPointLength()
    if counts[1] > 1 and counts[0] != counts[1]:
        raise InputError(f"tensor {index} has {counts[0]} scales but {counts[1]} zero points")
    scales = tuple(map(float, table.ScaleAsNumpy()))
    zero_points = tuple(map(int, table.ZeroPointAsNumpy())) if counts[1] else (0,)
    if len(zero_points) == 1:
        zero_points *= len(scales)
    if kind in _ELEMENTS:
        limits = np.iinfo(kind)
        if min(zero_points) < limits.min or max(zero_points) > limits.max:
            raise InputError(f"tensor {index} has a zero point that its type {kind} cannot hold")
    return Quantization(scales, zero_points, table.QuantizedDimension())


def _read_operators(model: Any, subgraph: Any) -> tuple[Operator, ...]:
    codes = [
        _read_code(model.OperatorCodes(i))
        for i in range(_checked(model.OperatorCodesLength(), _MAX_CODES, "operator codes"))
    ]
    count = _checked(subgraph.OperatorsLength(), _MAX_OPERATORS, "operators")
    if count == 0:
        raise InputError("expected a model with operators, saw none")
    tables = [subgraph.Operators(i) for i in range(count)]
    ends = sum(table.InputsLength() + table.OutputsLength() + table.IntermediatesLength() for table in tables)
    _checked(ends, _MAX_ENDS, "inputs and outputs of operators")
    return tuple(_read_operator(codes, table, index) for index, table in enumerate(tables))


def _read_code(code: Any) -> tuple[str, int]:
    """Return the name and version of an operator code."""
    # Files of schema version 3a and later keep codes above 127 in a second field; the larger of the two counts.
    number = max(code.BuiltinCode(), code.DeprecatedBuiltinCode())
    name = _OPERATORS.get(number, f"builtin {number}")
    if name == "CUSTOM":
        own = (code.CustomCode() or b"")[:_MAX_NAME]
        # It goes to terminals: nothing that they obey, and no end of a line.
        name = f"CUSTOM {''.join(chr(byte) if 0x20 <= byte < 0x7F else '?' for byte in own)}"
    return name, code.Version()


def _read_operator(codes: Sequence[tuple[str, int]], table: Any, index: int) -> Operator:
    if table.OpcodeIndex() >= len(codes):
        raise InputError(f"operator {index} has operator code {table.OpcodeIndex()}, which does not exist")
    name, version = codes[table.OpcodeIndex()]
    return Operator(
        index=index,
        name=name,
        version=version,
        inputs=tuple(int(table.Inputs(i)) for i in range(table.InputsLength())),
        outputs=tuple(int(table.Outputs(i)) for i in range(table.OutputsLength())),
        options=read_options(table, name, index),
        intermediates=tuple(int(table.Intermediates(i)) for i in range(table.IntermediatesLength())),
    )
