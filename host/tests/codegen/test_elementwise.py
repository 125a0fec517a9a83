"""Element-wise operators over a grid of shapes, scales and activations: generated C against the reference kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from elementwise_models import Array, Operand, Scale, binary, unary
from engine_runner import write_models
from one_operator import Checked, run_grid
from random_graphs import ACTIVATIONS
from reference import check_outputs, random_inputs, run_reference

from mcubench.codegen.broadcast import broadcast_shape

VECTORS = 4
KINDS = ("int8", "int16", "float32")
Case = tuple[str, bytes]
Shape = tuple[int, ...]
# Operands alike, channels, pixels, one number, both repeated, and as many dimensions as there may be; lengths that are
# no multiples of four.
SHAPES: tuple[tuple[Shape, Shape], ...] = (
    ((1, 3, 5, 7), (1, 3, 5, 7)),
    ((1, 3, 3, 9), (9,)),
    ((1, 3, 5, 4), (1, 1, 1, 4)),
    ((1, 3, 5, 4), (1, 3, 5, 1)),
    ((1, 3, 5, 4), (1, 1, 5, 4)),
    ((37,), (1,)),
    ((2, 1, 4), (3, 1)),
    ((5, 1), (1, 6)),
    ((2, 3, 1, 2, 1, 3), (1, 3, 2, 1, 4, 3)),
    ((1, 1, 1), (1, 1, 1)),
)
# (first, second, output): the larger scale first, second, in both; ratios of powers of two, whose halves are ties.
SUMS: tuple[tuple[float, float, float], ...] = (
    (0.05, 0.02, 0.07),
    (0.013, 0.4, 0.31),
    (0.1, 0.1, 0.15),
    (0.25, 0.25, 1.0),
    (0.5, 0.125, 0.5),
    (0.0005, 3.0, 2.0),
    (0.3, 0.2, 0.01),
)
PRODUCTS: tuple[tuple[float, float, float], ...] = (
    (0.05, 0.02, 0.07),
    (0.5, 0.25, 4.0),
    (0.9, 0.8, 0.3),
    (0.01, 0.01, 1.0),
    (1.0, 1.0, 0.25),
    (16.0, 14.0, 1.0),
)


def _random(rng: np.random.Generator, kind: str, shape: Shape) -> Array:
    if kind == "float32":
        return rng.normal(0.0, 2.0, shape)
    limits = np.iinfo(kind)
    return rng.integers(limits.min, limits.max, shape, endpoint=True)


def _scale(rng: np.random.Generator, kind: str, scale: float) -> Scale:
    # int16 takes smaller steps and no zero points.
    return (scale, int(rng.integers(-128, 128))) if kind == "int8" else (scale / 200, 0)


def _model(seed: int, name: str, kind: str, shapes: tuple[Shape, Shape], scales: tuple[float, float, float]) -> Case:
    """Return an operator of two tensors, of a constant and a tensor, of a tensor and a constant, or of one twice."""
    rng = np.random.default_rng(seed)
    if kind == "int16" and name == "MUL":
        scales = (scales[0], scales[1], scales[2] * 2)
    first, second, out = (_scale(rng, kind, scale) for scale in scales)
    constant = seed % 4
    data = [_random(rng, kind, shape) if constant == i else None for i, shape in enumerate(shapes)]
    same = constant == 3 and shapes[0] == shapes[1]
    options: dict[str, int | str] = {"activation": ACTIVATIONS[seed % 5 % 4]} if name in ("ADD", "SUB", "MUL") else {}
    if name in ("ADD", "SUB"):
        options["PotScaleInt16"] = False
    operands = [Operand(*each) for each in zip(shapes, (first, second), data, strict=True)]
    target = Operand(broadcast_shape(*shapes), out)
    what = "same" if same else ("left", "right", "both", "both")[constant]
    return f"{name}-{kind}-{shapes}-{scales}-{what}-{seed}", binary(name, kind, *operands, target, same=same, **options)


def _sums() -> Iterator[Case]:
    grid = itertools.product(("ADD", "SUB"), KINDS, SHAPES, range(2))
    for seed, (name, kind, shapes, _) in enumerate(grid):
        yield _model(seed, name, kind, shapes, SUMS[seed % len(SUMS)])


def _scales_of_sums() -> Iterator[Case]:
    grid = itertools.product(("ADD", "SUB"), ("int8", "int16"), SUMS, range(3))
    for seed, (name, kind, scales, _) in enumerate(grid, 1000):
        yield _model(seed, name, kind, ((1, 8, 8, 6), (1, 8, 8, 6)), scales)


def _products() -> Iterator[Case]:
    for seed, (kind, shapes, _) in enumerate(itertools.product(KINDS, SHAPES, range(3))):
        yield _model(seed, "MUL", kind, shapes, PRODUCTS[seed % len(PRODUCTS)])
    for seed, (kind, scales, _) in enumerate(itertools.product(("int8", "int16"), PRODUCTS, range(2)), 1000):
        yield _model(seed, "MUL", kind, ((1, 8, 8, 6), (1, 8, 8, 6)), scales)


def _extremes() -> Iterator[Case]:
    for seed, (name, kind, shapes) in enumerate(itertools.product(("MINIMUM", "MAXIMUM"), KINDS, SHAPES)):
        yield _model(seed, name, kind, shapes, (0.05, 0.05, 0.05))


def _numbers() -> Iterator[Case]:
    # A constant without dimensions, as converters write numbers.
    for seed, (name, kind) in enumerate(itertools.product(("ADD", "SUB", "MUL", "MINIMUM"), KINDS)):
        rng = np.random.default_rng(seed)
        number = Operand((), _scale(rng, kind, 0.1), _random(rng, kind, ()))
        first, target = (Operand((3, 5), _scale(rng, kind, 0.1)) for _ in range(2))
        options = {"PotScaleInt16": False} if name in ("ADD", "SUB") else {}
        yield f"{name}-{kind}-number", binary(name, kind, first, number, target, **options)


def _prelus() -> Iterator[Case]:
    shapes: tuple[Shape, ...] = ((1, 1, 6), (6,), (1, 5, 6), (4, 5, 6), (1,), (1, 4, 5, 6))
    scales = ((0.05, 0.01, 0.05), (0.5, 0.25, 0.25), (0.02, 0.1, 0.3), (1.0, 1.0, 2.0))
    for seed, (kind, shape, scale) in enumerate(itertools.product(KINDS, shapes, scales)):
        rng = np.random.default_rng(seed)
        source, _, target = (_scale(rng, kind, each) for each in scale)
        factors_kind = "int8" if kind == "int16" else kind
        alpha = Operand(shape, _scale(rng, factors_kind, scale[1]), _random(rng, factors_kind, shape), factors_kind)
        model = binary("PRELU", kind, Operand((1, 4, 5, 6), source), alpha, Operand((1, 4, 5, 6), target))
        yield f"PRELU-{kind}-{shape}-{scale}", model


def _unary() -> Iterator[Case]:
    floats = ("ABS", "HARD_SWISH", "LOGISTIC", "NEG", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", "TANH")
    for name in floats:
        yield f"{name}-float32", unary(name, "float32", (1, 9, 31), (0.0, 0), (0.0, 0))
    for alpha in (0.2, 1.5, -0.3):
        yield f"LEAKY_RELU-float32-{alpha}", unary("LEAKY_RELU", "float32", (99,), (0.0, 0), (0.0, 0), Alpha=alpha)
    # One table is as good as another here; test_tables.py has the values.
    yield "TANH-int8", unary("TANH", "int8", (1, 7, 9, 11), (0.02, 9), (1 / 128, 0))


def _unary_s16() -> Iterator[Case]:
    shape = (1, 16, 64)
    # Powers of two for which the kernels shift, others, and what is at the ends of the curve.
    for scale in (2.0**-12, 2.0**-11, 2.0**-10, 2.0**-15, 0.001, 1e-5, 0.03, 1.3, 5.0):
        for name in ("LOGISTIC", "TANH"):
            yield f"{name}-int16-{scale}", unary(name, "int16", shape, (scale, 0), (1 / 32768, 0))
    for source, target in ((0.001, 0.001), (0.0005, 0.002), (0.003, 0.0007), (0.25, 0.125), (0.125, 0.5)):
        for name in ("RELU", "RELU6"):
            yield f"{name}-int16-{source}-{target}", unary(name, "int16", shape, (source, 0), (target, 0))
        for alpha in (0.2, 0.0, 1.5, -0.3, 0.5):
            model = unary("LEAKY_RELU", "int16", shape, (source, 0), (target, 0), Alpha=alpha)
            yield f"LEAKY_RELU-int16-{source}-{target}-{alpha}", model


GROUPS = (_sums, _scales_of_sums, _products, _extremes, _numbers, _prelus, _unary, _unary_s16)
MODELS = {name: model for group in GROUPS for name, model in group()}
# What runs on each core: every kernel, rows of words with a rest, and rows of broadcast operands.
ON_ARM = [name for name in MODELS if "(1, 3, 5, 7)" in name or "(9,)" in name or not name[-1].isdigit()]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    return run_grid(MODELS, tmp_path_factory.mktemp("elementwise"), VECTORS)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, checked: dict[str, Checked]) -> None:
    checked[name].check()


@pytest.mark.parametrize("core", ["cortex-m7", "cortex-m4", "cortex-m0"])
def test_outputs_on_arm_are_the_same(core: str, tmp_path: Path) -> None:
    programs = write_models({f"m{index}": MODELS[name] for index, name in enumerate(ON_ARM)}, tmp_path)
    engine = ArmEngine(tmp_path, core)
    for index, (name, program) in enumerate(zip(ON_ARM, programs, strict=True)):
        inputs = random_inputs(MODELS[name], 1, seed=index)
        outputs = engine.run(program, index, inputs.reshape(1, -1).view(np.uint8))
        check_outputs(outputs, run_reference(MODELS[name], inputs), name)
