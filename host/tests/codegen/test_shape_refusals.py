"""What is wrong with an operator that moves elements is said in one line, with its index and name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from one_operator import OneOperator
from recurrent_models import svdf

from mcubench.codegen.program import compile_model
from mcubench.errors import InputError


def _model(name: str, numbers: list[tuple[int, ...]], out: tuple[int, ...], **options: int) -> bytes:
    model = OneOperator()
    return model.one(name, (2, 3, 4), [model.numbers(*values) for values in numbers], out, **options)


def _join(activation: int, scale: float) -> bytes:
    model = OneOperator()
    source = model.tensor((2, 3))
    target = model.tensor((2, 6), scale=scale)
    model.model.operator("CONCATENATION", [source, source], [target], Axis=1, FusedActivationFunction=activation)
    return model.model.build([source], [target])


def _pad(dtype: str, count: int) -> bytes:
    model = OneOperator()
    paddings = model.numbers(0, 0, 1, 1, shape=(2, 2))
    value = model.model.tensor((count,), dtype, data=np.zeros(count, dtype), scale=0.05)
    return model.one("PADV2", (2, 3), [paddings, value], (2, 5))


def _moving_axis() -> bytes:
    model = OneOperator("int32")
    source = model.tensor((3,))
    target = model.tensor((3,))
    model.model.operator("TRANSPOSE", [source, source], [target])
    return model.model.build([source], [target])


def _deep() -> bytes:
    model = OneOperator()
    order = model.numbers(7, 6, 5, 4, 3, 2, 1, 0)
    return model.one("TRANSPOSE", (2,) * 8, [order], (2,) * 8)


CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "no permutation": (
        lambda: _model("TRANSPOSE", [(0, 1, 1)], (2, 3, 4)),
        "operator 0 (TRANSPOSE) has the permutation [0, 1, 1] of 3 dimensions",
    ),
    "another shape": (
        lambda: _model("TRANSPOSE", [(2, 1, 0)], (2, 3, 4)),
        "operator 0 (TRANSPOSE) has an output of shape [2, 3, 4], expected [4, 3, 2]",
    ),
    "a permutation that flows": (
        _moving_axis,
        "operator 0 (TRANSPOSE) has no constant permutation of int32 or int64, which the generated engine needs",
    ),
    "too many loops": (_deep, "operator 0 (TRANSPOSE) needs 8 nested loops, the generated engine supports 6"),
    "a stride of 0": (
        lambda: _model("STRIDED_SLICE", [(0,), (2,), (0,)], (2, 3, 4)),
        "operator 0 (STRIDED_SLICE) has a stride of 0",
    ),
    "nothing": (
        lambda: _model("STRIDED_SLICE", [(1,), (1,), (1,)], (2, 3, 4)),
        "operator 0 (STRIDED_SLICE) takes nothing from 1 to 1 with the stride 1",
    ),
    "two ellipses": (
        lambda: _model("STRIDED_SLICE", [(0, 0), (0, 0), (1, 1)], (2, 3, 4), EllipsisMask=3),
        "operator 0 (STRIDED_SLICE) has several ellipses, expected one at most",
    ),
    "too many begins": (
        lambda: _model("STRIDED_SLICE", [(0,) * 4, (1,) * 4, (1,) * 4], (1, 1, 1)),
        "operator 0 (STRIDED_SLICE) has begins for 4 dimensions, its input has 3",
    ),
    "an element beyond": (
        lambda: _model("STRIDED_SLICE", [(5,), (6,), (1,)], (3, 4), ShrinkAxisMask=1),
        "operator 0 (STRIDED_SLICE) takes element 5 of 2 with the stride 1",
    ),
    "a slice beyond": (
        lambda: _model("SLICE", [(0, 2, 0), (2, 2, 4)], (2, 2, 4)),
        "operator 0 (SLICE) takes [2, 2, 4] from [0, 2, 0] on out of [2, 3, 4]",
    ),
    "another activation": (
        lambda: _join(1, 0.05),
        "operator 0 (CONCATENATION) has the fused activation RELU, expected NONE",
    ),
    "another scale": (
        lambda: _join(0, 0.1),
        "operator 0 (CONCATENATION) has inputs and an output of different scales or zero points",
    ),
    "another type to pad with": (
        lambda: _pad("int16", 1),
        "operator 0 (PADV2) has no constant value of int8 to pad with, which the generated engine needs",
    ),
    "another type of state": (
        lambda: svdf("int8", 3, 2, 5, 4, state="float32"),
        "operator 0 (SVDF) has a state of 24 elements of float32, the generated engine supports 24 of int16 here",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_named(name: str) -> None:
    build, message = CASES[name]
    with pytest.raises(InputError) as refused:
        compile_model("m", build())
    assert str(refused.value) == message
