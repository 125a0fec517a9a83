"""Tables of int8 functions against TensorFlow Lite's kernels: all 256 values, over many scales and zero points."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from elementwise_models import Scale, unary
from reference import run_reference

from mcubench.codegen.program import compile_model
from mcubench.codegen.tables import curve_points
from mcubench.errors import InputError

VALUES = np.arange(-128, 128, dtype=np.int8)
SEEDS = 12
FIXED_TARGETS = {"LOGISTIC": 1 / 256}
NAMES = (
    *("ABS", "ELU", "HARD_SWISH", "LEAKY_RELU", "LOGISTIC", "NEG"),
    *("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "TANH"),
)
ALPHAS = (0.01, 0.2, 0.0, 1.5, -0.3, 0.3)


def _scale(rng: np.random.Generator, low: float, high: float) -> Scale:
    # Powers of two have halves to round, others nearly have.
    exponent = rng.uniform(low, high)
    real = 2.0 ** round(exponent) if rng.random() < 0.4 else 2.0**exponent
    return float(np.float32(real)), int(rng.integers(-128, 128))


def _model(name: str, seed: int) -> bytes:
    rng = np.random.default_rng([seed, NAMES.index(name)])
    source = _scale(rng, -9, 1)
    target = _scale(rng, -9, 1) if seed % 4 else source
    if name == "HARD_SWISH":
        # The reference kernel refuses outputs that are more than 128 times finer than the input.
        target = max(target[0], source[0] / 64), target[1]
    target = FIXED_TARGETS.get(name, target[0]), target[1]
    options = {"Alpha": ALPHAS[seed % len(ALPHAS)]} if name == "LEAKY_RELU" else {}
    return unary(name, "int8", VALUES.shape, source, target, **options)


def _expected(name: str, model: bytes) -> Any:
    if name != "ELU":
        return run_reference(model, VALUES[None])[0]
    # The reference resolver has no ELU; the other one has the same kernel for it.
    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    interpreter = Interpreter(model_content=model, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], VALUES)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("name", NAMES)
def test_all_values_are_those_of_the_reference_kernels(name: str, seed: int) -> None:
    model = _model(name, seed)
    (layer,) = compile_model("table", model).layers
    np.testing.assert_array_equal(layer.calls[0].parameters["table"].values, _expected(name, model))


@pytest.mark.parametrize(
    ("name", "source", "target", "problem"),
    [
        ("LOGISTIC", (0.1, 0), (0.01, -128), "has an output of scale 0.01, expected 1/256"),
        ("HARD_SWISH", (1.0, 0), (0.001, 0), "cannot be computed in fixed point: the factor 7.8125 between the scales"),
        ("HARD_SWISH", (1e-8, 0), (1.0, 0), "cannot be computed in fixed point: the input's scale is too small"),
        ("RELU", (1.0, 0), (1e-8, 0), "cannot be computed in fixed point: the factor 1e+08 between the scales"),
        ("LEAKY_RELU", (1.0, 0), (1e-8, 0), "cannot be computed in fixed point: the factor 1e+08 between the scales"),
    ],
)
def test_scales_without_a_table_are_refused(name: str, source: Scale, target: Scale, problem: str) -> None:
    options = {"Alpha": 0.1} if name == "LEAKY_RELU" else {}
    with pytest.raises(InputError, match=re.escape(problem)):
        compile_model("table", unary(name, "int8", (4,), source, target, **options))


def test_the_curve_of_int16_begins_at_zero_and_ends_at_one() -> None:
    points = curve_points()
    assert (points[0], points[-1]) == (0, 32767)
    assert (np.diff(points) >= 0).all()
