"""MEAN, SUM and REDUCE_MAX over a grid of shapes, axes, scales and zero points, against the reference kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from one_operator import Checked, OneOperator, run_grid

from mcubench.codegen.program import compile_model
from mcubench.errors import InputError

VECTORS = 4
Case = tuple[str, bytes]
Shape = tuple[int, ...]
# Global averages, the axes that alternate with those that stay, negative and repeated ones.
REDUCTIONS: tuple[tuple[Shape, Shape, bool], ...] = (
    ((1, 5, 6, 7), (1, 2), True),
    ((1, 5, 6, 7), (1, 2), False),
    ((1, 5, 6, 7), (2, 1), True),
    ((1, 7, 7, 1), (1, 2), False),
    ((1, 5, 6, 7), (3,), True),
    ((1, 5, 6, 7), (1,), False),
    ((1, 5, 6, 7), (-2, -2), True),
    ((2, 5, 3, 4), (0, 2), False),
    ((2, 5, 3, 4), (1, 3), False),
    ((2, 5, 3, 4), (0, 1, 2, 3), True),
    ((2, 3, 2, 3, 2), (0, 2, 4), False),
    ((1, 40, 3), (1,), False),
    ((6, 129), (1,), False),
    ((1, 8, 8, 3), (1, 2), True),
    ((1, 1, 1, 9), (1, 2), True),
)
# Ratios of input and output scale: shifts to the right and left, and factors of 2^n.
SCALES = ((0.05, 0.05), (0.05, 0.011), (0.02, 0.9), (0.3, 0.0021), (0.5, 0.25))


def _out(shape: Shape, axes: Shape, keep: bool) -> Shape:
    gone = {axis % len(shape) for axis in axes}
    if keep:
        return tuple(1 if axis in gone else size for axis, size in enumerate(shape))
    return tuple(size for axis, size in enumerate(shape) if axis not in gone)


def _means() -> Iterator[Case]:
    grid = itertools.product(("int8", "int16", "float32"), REDUCTIONS)
    for seed, (kind, (shape, axes, keep)) in enumerate(grid):
        for scales in SCALES if kind != "float32" else SCALES[:1]:
            rng = np.random.default_rng(seed)
            zero_points = [int(zero) for zero in rng.integers(-128, 128, 2)] if kind == "int8" else [0, 0]
            model = OneOperator(kind, scales[0], zero_points[0])
            source = model.tensor(shape)
            target = model.tensor(_out(shape, axes, keep), scale=scales[1], zero_point=zero_points[1])
            model.model.operator("MEAN", [source, model.numbers(*axes)], [target], KeepDims=keep)
            yield f"mean-{kind}-{shape}-{axes}-{keep}-{scales}", model.model.build([source], [target])


def _others() -> Iterator[Case]:
    for kind, (shape, axes, keep) in itertools.product(("int8", "int16", "float32"), REDUCTIONS):
        model = OneOperator(kind, zero_point=-9)
        numbers = [model.numbers(*axes)]
        yield (
            f"max-{kind}-{shape}-{axes}-{keep}",
            model.one("REDUCE_MAX", shape, numbers, _out(shape, axes, keep), KeepDims=keep),
        )
    for shape, axes, keep in REDUCTIONS:
        model = OneOperator("float32")
        numbers = [model.numbers(*axes)]
        yield f"sum-{shape}-{axes}-{keep}", model.one("SUM", shape, numbers, _out(shape, axes, keep), KeepDims=keep)


MODELS = dict([*_means(), *_others()])


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    return run_grid(MODELS, tmp_path_factory.mktemp("reduce"), VECTORS)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, checked: dict[str, Checked]) -> None:
    checked[name].check()


def test_a_sum_of_int8_is_refused_with_the_types_that_can_be_summed() -> None:
    model = OneOperator()
    data = model.one("SUM", (1, 4, 3), [model.numbers(1)], (1, 3))
    with pytest.raises(InputError, match=r"operator 0 \(SUM\) goes from int8 to int8, .* supports float32 to float32"):
        compile_model("sum", data)


def test_axes_beyond_the_input_are_refused() -> None:
    model = OneOperator()
    data = model.one("MEAN", (1, 4, 3), [model.numbers(3)], (1, 4))
    with pytest.raises(InputError, match=r"operator 0 \(MEAN\) reduces the axes \[3\] of 3 dimensions"):
        compile_model("mean", data)
