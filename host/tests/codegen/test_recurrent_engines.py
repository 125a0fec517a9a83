"""The engines of the PC start every inference from the model's initial state, too (firmware/common/engine.h)."""

from __future__ import annotations

import numpy as np
import pytest
from one_operator import OneOperator
from recurrent_models import lstm, svdf
from reference import random_inputs, run_reference

from mcubench.codegen.reader import read_graph
from mcubench.serve.engine import Engine
from mcubench.serve.litert import LitertEngine
from mcubench.serve.network import Network
from mcubench.serve.states import remembers
from mcubench.serve.tflm import TflmEngine

MODELS = {
    "svdf-int8": svdf("int8", 4, 2, 16, 8),
    "svdf-float32": svdf("float32", 4, 2, 16, 8),
    "lstm-int8": lstm("int8", 4, 16, 6),
    "lstm-float32": lstm("float32", 4, 16, 6),
}
ENGINES: dict[str, Engine] = {"tflm": TflmEngine(), "reference": LitertEngine(True), "xnnpack": LitertEngine(False)}


def _network(name: str) -> Network:
    graph = read_graph(MODELS[name])
    given, made = graph.tensors[graph.input], graph.tensors[graph.output]
    return Network(
        name, "", MODELS[name], given.type, given.shape, given.bytes, made.type, made.bytes, len(graph.operators)
    )


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_vector_has_the_same_output_whichever_ran_before_it(engine: str, name: str) -> None:
    inputs = random_inputs(MODELS[name], 5, seed=1)
    expected = run_reference(MODELS[name], inputs)
    assert not np.array_equal(expected, run_reference(MODELS[name], inputs, reset=False))
    model = ENGINES[engine].open(_network(name), None)
    for row, wanted in [*zip(inputs, expected, strict=True)][::-1]:
        model.set_input(row.tobytes())
        # And a second run, which a board does for its timing, starts from there as well.
        for _ in range(2):
            model.invoke()
            seen = np.frombuffer(model.output(), wanted.dtype).reshape(wanted.shape)
            # TFLM computes an int8 LSTM in steps of its own: about one output in 40 is 1 off.
            off = 1 if (engine, name) == ("tflm", "lstm-int8") else 0 if wanted.dtype == np.int8 else 1e-5
            np.testing.assert_allclose(seen, wanted, rtol=1e-5 * (wanted.dtype == np.float32), atol=off)


def test_only_models_with_variables_are_reset() -> None:
    assert remembers(MODELS["svdf-int8"])
    assert not remembers(OneOperator().one("SQUEEZE", (1, 4), [], (4,)))
