"""The committed models are what their model.toml and cards say, by readers that are not ours where there are any."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mcubench.codegen.reader import read_graph
from mcubench.inspect import count_operators, total
from mcubench.models import METRICS, Model, compare_outputs, list_models, load_model, read_vectors, score

MODELS = Path(__file__).resolve().parents[3] / "models"
TYPES = ("float32", "int8")
CONV, POOL, DENSE = "CONV_2D", "MAX_POOL_2D", "FULLY_CONNECTED"
RELU, HARD_TANH = tflite.ActivationFunctionType.RELU, tflite.ActivationFunctionType.RELU_N1_TO_1


@dataclass(frozen=True)
class Shipped:
    """What a model of both types must be. `published` counts are (parameters, MACC), with or without dense biases."""

    operators: tuple[str, ...]
    input_shape: tuple[int, ...]
    macs: int
    published: tuple[int, int] | None
    dense_biases: bool = True
    vectors: int = 300
    activation: int = RELU


SHIPPED = {
    "fashion-cnn": Shipped(
        (CONV, POOL, CONV, POOL, "RESHAPE", DENSE, DENSE, "SOFTMAX"), (28, 28, 1), 2_210_304, (412_778, 2_323_968)
    ),
    "har": Shipped(
        ("RESHAPE", CONV, CONV, "RESHAPE", DENSE, DENSE, "SOFTMAX"), (26, 3), 23_360, (12_075, 24_120), vectors=343
    ),
    "house-price": Shipped((DENSE,) * 4, (12,), 6_296, (6_534, 6_771), vectors=1000),
    "mask-10x10": Shipped((CONV, POOL, CONV, "RESHAPE", DENSE, "SOFTMAX"), (10, 10, 1), 6_976, None, vectors=400),
    "mnist": Shipped(
        (CONV, POOL, CONV, POOL, CONV, "RESHAPE", DENSE, DENSE, "SOFTMAX"),
        (28, 28, 1),
        2_794_240,
        (93_322, 2_852_598),
        dense_biases=False,
        vectors=360,
    ),
    "touch": Shipped((DENSE,) * 2, (16,), 312, None, vectors=1000, activation=HARD_TANH),
}
NAMES = [f"{stem}-{kind}" for stem in SHIPPED for kind in TYPES]
every_model = pytest.mark.parametrize("name", NAMES)


def expected(name: str) -> Shipped:
    return SHIPPED[name.rpartition("-")[0]]


def graph_of(name: str) -> tuple[tflite.Model, tflite.SubGraph]:
    model = tflite.Model.GetRootAs((MODELS / name / "model.tflite").read_bytes())
    return model, model.Subgraphs(0)


def interpreter_of(name: str) -> Interpreter:
    path = str(MODELS / name / "model.tflite")
    interpreter = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    return interpreter


def card_of(model: Model) -> str:
    return (model.folder / "README.md").read_text()


def test_these_models_ship() -> None:
    committed = [name for name in list_models(MODELS) if name.rpartition("-")[2] in TYPES]
    assert set(NAMES) <= set(committed)


@every_model
def test_file_has_the_operators_in_order_and_batch_one(name: str) -> None:
    model, graph = graph_of(name)
    codes = [model.OperatorCodes(graph.Operators(i).OpcodeIndex()) for i in range(graph.OperatorsLength())]
    assert tuple(tflite.opcode2name(code.BuiltinCode()) for code in codes) == expected(name).operators
    assert tuple(graph.Tensors(graph.Inputs(0)).ShapeAsNumpy().tolist()) == (1, *expected(name).input_shape)


@every_model
def test_no_tensor_has_a_shape_that_is_known_only_at_run_time(name: str) -> None:
    _, graph = graph_of(name)
    for index in range(graph.TensorsLength()):
        tensor = graph.Tensors(index)
        assert tensor.ShapeSignatureIsNone() or (tensor.ShapeSignatureAsNumpy() >= 0).all()


@every_model
def test_hidden_layers_have_their_activation_fused_and_the_last_has_none(name: str) -> None:
    model, graph = graph_of(name)
    found = []
    for index in range(graph.OperatorsLength()):
        operator = graph.Operators(index)
        kind = tflite.opcode2name(model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode())
        if kind in (CONV, DENSE):
            options = tflite.Conv2DOptions() if kind == CONV else tflite.FullyConnectedOptions()
            options.Init(operator.BuiltinOptions().Bytes, operator.BuiltinOptions().Pos)
            found.append(options.FusedActivationFunction())
    assert found == [expected(name).activation] * (len(found) - 1) + [tflite.ActivationFunctionType.NONE]


@every_model
def test_counts_are_those_of_model_toml_and_the_published_ones(name: str) -> None:
    model, wanted = load_model(name, MODELS), expected(name)
    totals = total(count_operators(read_graph(model.tflite_path.read_bytes())))
    macc = totals.macc_dense_biases if wanted.dense_biases else totals.macc
    assert (totals.parameters, totals.macs, macc) == (model.parameters, model.macs, model.macc)
    assert model.macs == wanted.macs
    if wanted.published is not None:
        assert (model.parameters, model.macc) == wanted.published
    assert parameters_in(name) == model.parameters


def parameters_in(name: str) -> int:
    """Count the constants of convolutions and dense layers by the tflite package."""
    model, graph = graph_of(name)
    indices: set[int] = set()
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        if tflite.opcode2name(model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()) in (CONV, DENSE):
            indices.update(operator.InputsAsNumpy()[1:].tolist())
    return sum(math.prod(graph.Tensors(index).ShapeAsNumpy().tolist()) for index in indices)


@every_model
def test_model_toml_describes_the_tensors(name: str) -> None:
    model = load_model(name, MODELS)
    interpreter = interpreter_of(name)
    for tensor, details in zip(
        (model.input, model.output), (*interpreter.get_input_details(), *interpreter.get_output_details()), strict=True
    ):
        assert tensor.shape == tuple(details["shape"])
        assert tensor.dtype == details["dtype"]
        assert tensor.type == name.rpartition("-")[2]
        if tensor.type == "int8":
            assert (tensor.scale, tensor.zero_point) == details["quantization"]


@pytest.mark.parametrize("stem", SHIPPED)
def test_int8_models_are_integers_throughout_with_one_scale_per_dense_layer(stem: str) -> None:
    model, graph = graph_of(f"{stem}-int8")
    for index in range(graph.TensorsLength()):
        assert graph.Tensors(index).Type() in (tflite.TensorType.INT8, tflite.TensorType.INT32)
    for place in range(graph.OperatorsLength()):
        operator = graph.Operators(place)
        if tflite.opcode2name(model.OperatorCodes(operator.OpcodeIndex()).BuiltinCode()) == DENSE:
            assert graph.Tensors(operator.Inputs(1)).Quantization().ScaleLength() == 1


@every_model
def test_golden_outputs_come_from_the_reference_kernels(name: str) -> None:
    model = load_model(name, MODELS)
    vectors = read_vectors(model).first(40)
    interpreter = interpreter_of(name)
    source, result = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    outputs = []
    for vector in vectors.inputs:
        interpreter.set_tensor(source, vector[np.newaxis])
        interpreter.invoke()
        outputs.append(interpreter.get_tensor(result).tobytes())
    comparison = compare_outputs(outputs, vectors.outputs, model.output)
    assert comparison.within(model.tolerance), comparison.summary
    assert model.tolerance == (0.0 if name.endswith("int8") else 1e-5)


@every_model
def test_held_out_vectors_are_many_and_different(name: str) -> None:
    model = load_model(name, MODELS)
    vectors = read_vectors(model)
    assert len(vectors) == expected(name).vectors
    assert len({vector.tobytes() for vector in vectors.inputs}) == len(vectors)
    assert vectors.labels is not None
    if vectors.labels.dtype.kind == "i":
        assert np.bincount(vectors.labels).min() >= 30


@every_model
def test_score_is_over_the_threshold_and_stands_in_the_card(name: str) -> None:
    model = load_model(name, MODELS)
    vectors = read_vectors(model)
    assert model.metric is not None and model.threshold is not None and vectors.labels is not None
    reached = score(model.metric, vectors.outputs, vectors.labels, model.output)
    assert reached is not None
    assert METRICS[model.metric].reaches(reached, model.threshold)
    figure = f"{reached:.1%}".replace("%", " %") if model.metric == "top1" else f"{reached:.3f}"
    assert re.search(rf"Score: (an? [^(]*\(`{model.metric}`\) of )?{re.escape(figure)}", card_of(model))


@every_model
def test_card_tells_counts_data_and_licence(name: str) -> None:
    model = load_model(name, MODELS)
    card = card_of(model)
    for count in (model.parameters, model.macs, model.macc):
        assert f"{count:,}" in card
    assert f"{len(read_vectors(model)):,}" in card
    stem, _, kind = name.rpartition("-")
    if kind == "float32":
        assert f"../{stem}-int8/README.md" in card
        return
    assert "## Data" in card
    assert "Made up" in card if stem == "mask-10x10" else re.search(r"^Real ", card, re.MULTILINE)
    assert "Apache-2.0" in card
    assert re.search(r"CC BY 4\.0|CC0|MIT licence|BSD licence|Data and model are Apache-2\.0", card)


@pytest.mark.parametrize("stem", SHIPPED)
def test_licences_of_the_data_and_the_table_of_models_name_every_model(stem: str) -> None:
    assert f"`{stem}-*`" in (MODELS / "DATA-LICENCES.md").read_text()
    row = next(line for line in (MODELS / "README.md").read_text().splitlines() if line.startswith(f"| [{stem}]"))
    for kind in TYPES:
        model = load_model(f"{stem}-{kind}", MODELS)
        assert f"{model.tflite_path.stat().st_size:,}" in row
        assert f"| {model.parameters:,} | {model.macs:,} | {model.macc:,} |" in row


def test_the_mask_detector_has_less_than_five_kilobytes_in_int8() -> None:
    assert load_model("mask-10x10-int8", MODELS).tflite_path.stat().st_size < 5 * 1024


def test_float32_and_int8_have_the_same_labels() -> None:
    for stem in SHIPPED:
        one, other = (read_vectors(load_model(f"{stem}-{kind}", MODELS)) for kind in TYPES)
        assert one.labels is not None
        assert np.array_equal(one.labels, other.labels)
