"""The committed models are what their model.toml says, by readers that are not ours."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
import tflite
from ai_edge_litert.interpreter import Interpreter, OpResolverType

from mcubench.models import compare_outputs, list_models, load_model, read_vectors, score

MODELS = Path(__file__).resolve().parents[3] / "models"
OPERATORS = ["CONV_2D", "MAX_POOL_2D"] * 2 + ["CONV_2D", "RESHAPE", "FULLY_CONNECTED", "FULLY_CONNECTED", "SOFTMAX"]

pytestmark = pytest.mark.parametrize("name", ["mnist-float32", "mnist-int8"])


def interpreter_of(name: str) -> Interpreter:
    path = str(MODELS / name / "model.tflite")
    interpreter = Interpreter(path, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    return interpreter


def test_both_are_listed(name):
    assert name in list_models(MODELS)


def test_file_has_the_published_network_and_batch_one(name):
    model = tflite.Model.GetRootAs((MODELS / name / "model.tflite").read_bytes())
    graph = model.Subgraphs(0)
    codes = [model.OperatorCodes(graph.Operators(i).OpcodeIndex()) for i in range(graph.OperatorsLength())]
    assert [tflite.opcode2name(code.BuiltinCode()) for code in codes] == OPERATORS
    assert graph.Tensors(graph.Inputs(0)).ShapeAsNumpy().tolist() == [1, 28, 28, 1]
    weights = [graph.Tensors(i) for i in range(graph.TensorsLength()) if has_data(model, graph.Tensors(i))]
    assert sum(math.prod(t.ShapeAsNumpy().tolist()) for t in weights if b"constant" not in t.Name()) == 93_322
    assert load_model(name, MODELS).parameters == 93_322


def has_data(model: tflite.Model, tensor: tflite.Tensor) -> bool:
    return model.Buffers(tensor.Buffer()).DataLength() > 0


def test_model_toml_describes_the_tensors(name):
    model = load_model(name, MODELS)
    interpreter = interpreter_of(name)
    for tensor, details in zip(
        (model.input, model.output), (*interpreter.get_input_details(), *interpreter.get_output_details()), strict=True
    ):
        assert tensor.shape == tuple(details["shape"])
        assert tensor.dtype == details["dtype"]
        if tensor.type == "int8":
            assert (tensor.scale, tensor.zero_point) == details["quantization"]


def test_golden_outputs_come_from_the_reference_kernels(name):
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


def test_held_out_vectors_are_many_different_and_scored_as_the_card_says(name):
    model = load_model(name, MODELS)
    vectors = read_vectors(model)
    assert len(vectors) >= 300
    assert len({vector.tobytes() for vector in vectors.inputs}) == len(vectors)
    assert np.bincount(vectors.labels).min() >= 30
    reached = score(model.metric, vectors.outputs, vectors.labels, model.output)
    assert reached > model.threshold
    card = (model.folder / "README.md").read_text()
    assert re.search(rf"{reached:.1%}".replace("%", " %"), card)
