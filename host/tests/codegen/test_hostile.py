"""Files that are sound flatbuffers and no models that anybody can run: one clear line each, in bounded memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
import tflite
from ai_edge_litert import schema_py_generated as schema
from network_chain import Chain
from tflite_builder import TfliteBuilder

from mcubench.codegen import compile_model
from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source
from mcubench.errors import InputError
from mcubench.inspect import inspect_model

MOST_BYTES = 1 << 28


def refusal(data: bytes) -> str:
    """Return the one line with which the reader refuses a file."""
    with pytest.raises(InputError) as caught:
        read_graph(data)
    message = str(caught.value)
    assert message.isprintable()
    return message


def network() -> Chain:
    """Input 0, pool, tensor 1, dense layer with weights 2 and bias 3, output 4."""
    return Chain(np.random.default_rng(0), (1, 4, 4, 2)).pool().dense(3)


def changed(change: Callable[[Any], None]) -> bytes:
    """Return a network of two operators after `change` was at its parts, as LiteRT's own schema names them."""
    model = schema.ModelT.InitFromPackedBuf(network().build(), 0)
    change(model)
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def tensor(number: int, **fields: Any) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.subgraphs[0].tensors[number], name, value)

    return change


def operator(number: int, **fields: Any) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.subgraphs[0].operators[number], name, value)

    return change


def buffer_of(number: int, **fields: Any) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        for name, value in fields.items():
            setattr(model.buffers[model.subgraphs[0].tensors[number].buffer], name, value)

    return change


def ends(inputs: list[int], outputs: list[int]) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        model.subgraphs[0].inputs, model.subgraphs[0].outputs = inputs, outputs

    return change


def another_subgraph(model: Any) -> None:
    model.subgraphs.append(model.subgraphs[0])


def custom(name: bytes) -> Callable[[Any], None]:
    def change(model: Any) -> None:
        code = model.operatorCodes[model.subgraphs[0].operators[0].opcodeIndex]
        code.deprecatedBuiltinCode = code.builtinCode = tflite.BuiltinOperator.CUSTOM
        code.customCode = name

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (buffer_of(2, offset=4096, size=24, data=None), "tensor 2 has its data behind the flatbuffer, which no engine"),
        (tensor(2, externalBuffer=3, buffer=0), "tensor 2 has its data in a file of its own, which no engine here can"),
        (
            buffer_of(2, data=None),
            "operator 1 (FULLY_CONNECTED) reads tensor 2, which has no data in the file and nothing",
        ),
        (tensor(2, buffer=0), "operator 1 (FULLY_CONNECTED) reads tensor 2, which has no data in the file and nothing"),
        (tensor(2, buffer=99), "tensor 2 is in buffer 99, but there are "),
        (tensor(2, sparsity=schema.SparsityParametersT()), "tensor 2 is sparse, which no engine here supports"),
        (tensor(0, shapeSignature=[-1, -1, 4, 2]), "the model's input has the dynamic shape [-1, -1, 4, 2]"),
        (tensor(4, shapeSignature=[1, 3, 3, -1]), "the model's output has the dynamic shape [1, 3, 3, -1]"),
        (
            tensor(0, shape=[1, 0, 4, 2]),
            "the model's input, tensor 0, has the shape [1, 0, 4, 2], expected fixed sizes",
        ),
        (tensor(1, shape=[1, 3, -3, 2]), "operator 0 (MAX_POOL_2D) writes tensor 1, which has the shape [1, 3, -3, 2]"),
        (
            tensor(1, shape=[1 << 14, 1 << 14]),
            "tensor 1 has the shape [16384, 16384], expected at most 67108864 elements",
        ),
        (tensor(1, shape=[1] * 9), "tensor 1 has 9 dimensions, expected at most 8 of them"),
        (another_subgraph, "expected a model with one subgraph, saw 2: loops and branches have their own"),
        (ends([0, 1], [4]), "expected a model with one input and one output, saw 2 and 1"),
        (ends([0], []), "expected a model with one input and one output, saw 1 and 0"),
        (ends([0], [-1]), "the model's output is tensor -1, but there are 5 tensors"),
        (ends([2], [4]), "the model's input, tensor 2, is a constant"),
        (ends([1], [4]), "operator 0 (MAX_POOL_2D) reads tensor 0, which has no data"),
        (ends([0], [2]), "the model's output, tensor 2, is never written"),
        (
            operator(0, inputs=[4]),
            "operator 0 (MAX_POOL_2D) reads tensor 4, which has no data in the file and nothing before",
        ),
        (operator(0, inputs=[-2]), "operator 0 (MAX_POOL_2D) uses tensor -2, but there are 5 tensors"),
        (operator(1, outputs=[1]), "operator 1 (FULLY_CONNECTED) writes tensor 1, which is the model's input or was"),
        (operator(1, outputs=[0]), "operator 1 (FULLY_CONNECTED) writes tensor 0, which is the model's input or was"),
        (operator(1, outputs=[3]), "operator 1 (FULLY_CONNECTED) writes tensor 3, which is a constant"),
        (operator(1, opcodeIndex=9), "operator 1 has operator code 9, which does not exist"),
        (operator(1, intermediates=[77]), "operator 1 (FULLY_CONNECTED) uses tensor 77, but there are 5 tensors"),
    ],
)
def test_what_no_engine_can_run_is_named(change: Callable[[Any], None], message: str) -> None:
    assert refusal(changed(change)).startswith(message)


def test_a_variable_is_for_recurrent_operators() -> None:
    model = TfliteBuilder()
    first = model.tensor((1, 4), np.int8, scale=0.1)
    kept = model.tensor((1, 4), np.int8, scale=0.1, variable=True)
    last = model.tensor((1, 4), np.int8, scale=0.1)
    model.operator("ADD", [first, kept], [last])
    with pytest.raises(InputError, match=r"operator 0 \(ADD\) reads a variable, which the generated engine has in"):
        compile_model("m", model.build([first], [last]))


def test_an_open_batch_is_taken_as_the_shape_says() -> None:
    assert read_graph(changed(tensor(0, shapeSignature=[-1, 4, 4, 2]))).tensors[0].shape == (1, 4, 4, 2)


@pytest.mark.parametrize("kind", ["STRING", "FLOAT16", "RESOURCE", "VARIANT", "COMPLEX64", "BOOL", "INT64"])
@pytest.mark.parametrize("number", [0, 4])
def test_types_that_no_board_takes_are_named(kind: str, number: int) -> None:
    data = changed(tensor(number, type=getattr(tflite.TensorType, kind)))
    inspection = inspect_model(Source("m", Path("m.tflite"), data))
    assert kind.lower() in (inspection.obstacles["generated"] or "")


def test_a_name_from_the_file_cannot_write_to_the_terminal() -> None:
    with pytest.raises(InputError) as caught:
        compile_model("m", changed(custom(b"\x1b[31mEvil\nop\xff" + b"x" * 5000)))
    message = str(caught.value)
    assert message.startswith("operator 0 (CUSTOM ?[31mEvil?op?xxx")
    assert message.isprintable()
    assert len(message) < 200


def _repeated(fb: flatbuffers.Builder, table: int, count: int) -> int:
    """Return a list of which every item is the same table."""
    fb.StartVector(4, count, 4)
    for _ in range(count):
        fb.PrependUOffsetTRelative(table)
    return int(fb.EndVector())


def _numbers(fb: flatbuffers.Builder, values: Any) -> int:
    return int(fb.CreateNumpyVector(np.asarray(values)))


def overlapping(
    tensors: int = 1,
    operators: int = 1,
    codes: int = 1,
    scales: int = 1,
    elements: int = 1,
    inputs: int = 1,
    name: int = 1,
) -> bytes:
    """Return a small file of lists whose items are one and the same, which says that it holds very much."""
    fb = flatbuffers.Builder(1 << 16)
    weights = _numbers(fb, np.ones(elements, np.int8))
    tflite.BufferStart(fb)
    tflite.BufferAddData(fb, weights)
    buffer = tflite.BufferEnd(fb)
    scale, zeros = _numbers(fb, np.ones(scales, np.float32)), _numbers(fb, np.zeros(scales, np.int64))
    tflite.QuantizationParametersStart(fb)
    tflite.QuantizationParametersAddScale(fb, scale)
    tflite.QuantizationParametersAddZeroPoint(fb, zeros)
    quantization = tflite.QuantizationParametersEnd(fb)
    shape = _numbers(fb, np.array([elements], np.int32))
    tflite.TensorStart(fb)
    tflite.TensorAddShape(fb, shape)
    tflite.TensorAddType(fb, tflite.TensorType.INT8)
    tflite.TensorAddQuantization(fb, quantization)
    tensor_list = _repeated(fb, tflite.TensorEnd(fb), tensors)
    custom_name = fb.CreateString("x" * name)
    tflite.OperatorCodeStart(fb)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(fb, tflite.BuiltinOperator.CUSTOM)
    tflite.OperatorCodeAddCustomCode(fb, custom_name)
    code_list = _repeated(fb, tflite.OperatorCodeEnd(fb), codes)
    ins, outs = _numbers(fb, np.zeros(inputs, np.int32)), _numbers(fb, np.array([0], np.int32))
    tflite.OperatorStart(fb)
    tflite.OperatorAddInputs(fb, ins)
    tflite.OperatorAddOutputs(fb, outs)
    operator_list = _repeated(fb, tflite.OperatorEnd(fb), operators)
    tflite.SubGraphStart(fb)
    tflite.SubGraphAddTensors(fb, tensor_list)
    tflite.SubGraphAddInputs(fb, outs)
    tflite.SubGraphAddOutputs(fb, outs)
    tflite.SubGraphAddOperators(fb, operator_list)
    subgraphs = _repeated(fb, tflite.SubGraphEnd(fb), 1)
    buffers = _repeated(fb, buffer, 1)
    tflite.ModelStart(fb)
    tflite.ModelAddVersion(fb, 3)
    tflite.ModelAddOperatorCodes(fb, code_list)
    tflite.ModelAddSubgraphs(fb, subgraphs)
    tflite.ModelAddBuffers(fb, buffers)
    fb.Finish(tflite.ModelEnd(fb), b"TFL3")
    return bytes(fb.Output())


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"tensors": 4097}, "the model has 4097 tensors, expected at most 4096"),
        ({"operators": 2049}, "the model has 2049 operators, expected at most 2048"),
        ({"codes": 513}, "the model has 513 operator codes, expected at most 512"),
        (
            {"operators": 2048, "inputs": 50_000},
            "the model has 102402048 inputs and outputs of operators, expected at most",
        ),
        ({"tensors": 4096, "scales": 50_000}, "the model has 204800000 scales, expected at most 1048576"),
        ({"codes": 512, "name": 1_000_000}, "the model's input, tensor 0, is a constant"),
        ({"tensors": 4096, "elements": 1_000_000}, "the model's input, tensor 0, is a constant"),
    ],
)
def test_lists_of_one_thing_many_times_take_no_memory(counts: dict[str, int], message: str) -> None:
    data = overlapping(**counts)
    tracemalloc.start()
    try:
        assert refusal(data).startswith(message)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_BYTES / 8


def test_weights_that_many_operators_share_have_a_bound() -> None:
    model = TfliteBuilder()
    weights = model.tensor((1024, 1024), np.int8, data=np.ones((1024, 1024), np.int8), scale=0.1)
    first = last = model.tensor((1, 1024), np.int8, scale=0.1)
    for _ in range(65):
        source, last = last, model.tensor((1, 1024), np.int8, scale=0.1)
        model.operator("FULLY_CONNECTED", [source, weights], [last])
    assert refusal(model.build([first], [last])) == (
        "the operators read 68157440 values of constants, expected at most 67108864"
    )


def test_a_network_as_long_as_is_allowed_is_compiled() -> None:
    """What bounds the planner's time is the number of operators."""
    model = TfliteBuilder()
    first = last = model.tensor((1, 2, 2, 1), np.int8, scale=0.1)
    for _ in range(2048):
        source, last = last, model.tensor((1, 2, 2, 1), np.int8, scale=0.1)
        model.operator("MAX_POOL_2D", [source], [last], FilterHeight=1, FilterWidth=1, StrideH=1, StrideW=1, Padding=1)
    assert len(compile_model("long", model.build([first], [last])).layers) == 2048
