"""Element-wise operators that the generated engine cannot run: one line each, which says what it can."""

from __future__ import annotations

import re

import numpy as np
import pytest
from elementwise_models import Operand, binary, unary
from tflite_builder import TfliteBuilder

from mcubench.codegen.program import compile_model
from mcubench.errors import InputError


def _refused(model: bytes) -> str:
    with pytest.raises(InputError) as error:
        compile_model("net", model)
    return str(error.value)


def _sum(kind: str, first: Operand, second: Operand, target: Operand, **options: object) -> bytes:
    """Return an ADD whose second operand is a constant."""
    return binary("ADD", kind, first, second, target, **options)


def _constant(*shape: int, scale: float = 0.05) -> Operand:
    return Operand(shape, (scale, 0), np.ones(shape))


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
def test_fused_activations_that_no_kernel_has(name: str) -> None:
    operand = Operand((4,))
    model = binary(name, "int8", operand, _constant(4), operand, activation="TANH")
    supported = "the generated engine supports NONE, RELU, RELU6, RELU_N1_TO_1"
    assert f"operator 2 ({name}) has the fused activation TANH, {supported}" in _refused(model)


def test_sums_of_int16_in_powers_of_two() -> None:
    power = Operand((4,), (2.0**-12, 0))
    second = _constant(4, scale=2.0**-11)
    assert "has pot_scale_int16 and scales that are powers of two" in _refused(_sum("int16", power, second, power))
    # Off, or with other scales, it is the usual arithmetic.
    compile_model("net", _sum("int16", power, second, power, PotScaleInt16=False))
    compile_model("net", _sum("int16", power, second, Operand((4,), (0.001, 0))))


@pytest.mark.parametrize(
    ("first", "second", "target", "problem"),
    [
        ((3, 4), (5,), (3, 4), "has inputs of the shapes [3, 4] and [5], which do not fit"),
        ((3, 4), (4,), (4, 3), "combines shapes [3, 4] and [4] to [4, 3], expected [3, 4]"),
        ((3, 1), (1, 4), (3, 1), "combines shapes [3, 1] and [1, 4] to [3, 1], expected [3, 4]"),
    ],
)
def test_shapes_that_do_not_fit(
    first: tuple[int, ...], second: tuple[int, ...], target: tuple[int, ...], problem: str
) -> None:
    model = TfliteBuilder()
    source = model.tensor(first, np.float32)
    constant = model.tensor(second, np.float32, data=np.ones(second, np.float32))
    result = model.tensor(target, np.float32)
    model.operator("MUL", [source, constant], [result])
    assert _refused(model.build([source], [result])) == f"operator 0 (MUL) {problem}"


def test_types_that_differ_or_that_no_kernel_has() -> None:
    model = TfliteBuilder()
    source = model.tensor((4,), np.int8, scale=0.1)
    constant = model.tensor((4,), np.float32, data=np.ones(4, np.float32))
    result = model.tensor((4,), np.int8, scale=0.1)
    model.operator("ADD", [source, constant], [result])
    assert (
        "combines int8 and float32 to int8, the generated engine supports int8 and int8 to int8, int16 and"
        in _refused(model.build([source], [result]))
    )
    problem = "goes from int16 to int16, the generated engine supports int8 to int8, float32 to float32"
    assert problem in _refused(unary("HARD_SWISH", "int16", (4,), (0.1, 0), (0.1, 0)))


def test_two_constants() -> None:
    model = TfliteBuilder()
    constants = [model.tensor((4,), np.float32, data=np.ones(4, np.float32)) for _ in range(2)]
    source, result = (model.tensor((4,), np.float32) for _ in range(2))
    model.operator("ADD", constants, [result])
    assert "has two constants as its inputs" in _refused(model.build([source], [result]))


def test_a_constant_that_is_not_finite() -> None:
    bad = Operand((4,), data=np.full(4, np.nan))
    assert "has a constant that is not finite" in _refused(_sum("float32", Operand((4,)), bad, Operand((4,))))


def test_prelu_needs_constant_factors() -> None:
    operand = Operand((2, 4))
    assert "needs constant factors that do not make its output larger" in _refused(
        binary("PRELU", "int8", operand, operand, operand)
    )
    assert "needs constant factors that do not make its output larger" in _refused(
        binary("PRELU", "int8", Operand((1, 4)), _constant(2, 4), operand)
    )


@pytest.mark.parametrize("name", ["ADD", "SUB", "MUL"])
@pytest.mark.parametrize("kind", ["int8", "int16"])
def test_outputs_much_finer_than_the_inputs(name: str, kind: str) -> None:
    first, second, target = Operand((4,), (1.0, 0)), _constant(4, scale=1.0), Operand((4,), (1e-6, 0))
    options = {} if name == "MUL" else {"PotScaleInt16": False}
    assert re.search(
        r"cannot be computed in fixed point: the factor \S+ between the scales is too large",
        _refused(binary(name, kind, first, second, target, **options)),
    )


def test_curves_of_int16_have_one_scale_of_their_output() -> None:
    problem = "has an output of scale 0.001, expected 1/32768"
    assert problem in _refused(unary("TANH", "int16", (4,), (0.1, 0), (0.001, 0)))
    assert problem in _refused(unary("LOGISTIC", "int16", (4,), (0.1, 0), (0.001, 0)))
    assert "the input's scale 10 is too large" in _refused(unary("TANH", "int16", (4,), (10.0, 0), (1 / 32768, 0)))
    assert "is too small" in _refused(unary("TANH", "int16", (4,), (1e-12, 0), (1 / 32768, 0)))


def test_scales_at_the_end_of_float32() -> None:
    tiny = float(np.float32(1e-44))
    assert "the output's scale 9.80909e-45 is too small" in _refused(unary("TANH", "int8", (4,), (0.1, 0), (tiny, 0)))
    compile_model("net", unary("TANH", "int8", (4,), (tiny, 0), (0.1, 0)))
    assert "too large" in _refused(unary("RELU", "int8", (4,), (1e38, 0), (tiny, 0)))
    first, target = Operand((4,), (1e38, 0)), Operand((4,), (3e38, 0))
    compile_model("net", binary("MUL", "int8", first, _constant(4, scale=tiny), target, activation="RELU6"))
