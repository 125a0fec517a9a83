"""Operators that move elements, over a grid of shapes, axes, strides and masks, against the reference kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from engine_runner import write_models
from one_operator import Checked, OneOperator, run_grid
from reference import check_outputs, random_inputs, run_reference

VECTORS = 2
KINDS = ("int8", "uint8", "int16", "int32", "float32")
# Elements of one, two and four bytes, for what looks at nothing else.
SIZES = ("int8", "int16", "float32")
Case = tuple[str, bytes]
Shape = tuple[int, ...]


def _transposes() -> Iterator[Case]:
    # Dimensions that stay together, that are 1, that are all reversed, and as many as there may be.
    orders: tuple[tuple[Shape, Shape], ...] = (
        ((5, 7), (1, 0)),
        ((1, 4, 5, 3), (0, 3, 1, 2)),
        ((1, 3, 4, 5), (0, 2, 3, 1)),
        ((1, 4, 5, 3), (0, 2, 1, 3)),
        ((1, 1, 6, 4), (2, 0, 1, 3)),
        ((2, 3, 4, 5), (3, 2, 1, 0)),
        ((2, 3, 2, 2, 3), (4, 0, 3, 1, 2)),
        ((2, 3, 2, 2, 3, 2), (5, 4, 3, 2, 1, 0)),
        ((2, 3, 2, 2, 3, 2), (0, 1, 4, 5, 2, 3)),
    )
    for kind, (shape, order) in itertools.product(SIZES, orders):
        model = OneOperator(kind, zero_point=3)
        out = [shape[axis] for axis in order]
        permutation = model.numbers(*order)
        yield f"transpose-{kind}-{shape}-{order}", model.one("TRANSPOSE", shape, [permutation], out)


def _pads() -> Iterator[Case]:
    amounts: tuple[tuple[Shape, Shape], ...] = (
        ((5,), (2, 1)),
        ((4, 3), (0, 0, 1, 2)),
        ((1, 4, 5, 3), (0, 0, 1, 1, 2, 2, 0, 0)),
        ((1, 4, 5, 3), (0, 0, 0, 1, 0, 1, 0, 0)),
        ((1, 4, 5, 3), (0, 0, 0, 0, 0, 0, 0, 2)),
        ((1, 4, 5, 3), (0, 0, 0, 0, 0, 0, 0, 0)),
        ((2, 3, 2, 3), (1, 0, 0, 2, 1, 1, 2, 0)),
        ((1, 2, 3, 2, 2), (0, 1, 1, 0, 0, 2, 1, 1, 0, 1)),
    )
    for kind, (shape, around) in itertools.product(KINDS, amounts):
        out = [a + size + b for a, size, b in zip(around[::2], shape, around[1::2], strict=True)]
        model = OneOperator(kind, zero_point=-7 if kind == "int8" else 9)
        paddings = model.numbers(*around, shape=(len(shape), 2))
        yield f"pad-{kind}-{shape}-{around}", model.one("PAD", shape, [paddings], out)
        model = OneOperator(kind, zero_point=-7 if kind == "int8" else 9)
        paddings = model.numbers(*around, shape=(len(shape), 2))
        value = model.constant(np.array([77]))
        yield f"padv2-{kind}-{shape}-{around}", model.one("PADV2", shape, [paddings, value], out)


def _strided_slices() -> Iterator[Case]:
    # begin, end, strides, masks (begin, end, ellipsis, new axis, shrink), and the output's shape.
    slices: tuple[tuple[Shape, Shape, Shape, Shape, Shape, Shape], ...] = (
        ((9,), (2,), (8,), (1,), (0, 0, 0, 0, 0), (6,)),
        ((9,), (1,), (8,), (3,), (0, 0, 0, 0, 0), (3,)),
        ((9,), (-1,), (-20,), (-2,), (0, 0, 0, 0, 0), (5,)),
        ((9,), (7,), (0,), (-3,), (0, 0, 0, 0, 0), (3,)),
        ((9,), (5,), (3,), (-1,), (1, 1, 0, 0, 0), (9,)),
        ((9,), (3,), (0,), (1,), (0, 1, 0, 0, 0), (6,)),
        ((9,), (-30,), (50,), (2,), (0, 0, 0, 0, 0), (5,)),
        ((1, 6, 7, 3), (0, 1, 2, 0), (1, 5, 6, 3), (1, 2, 1, 1), (0, 0, 0, 0, 0), (1, 2, 4, 3)),
        ((1, 6, 7, 3), (0, 0, 0, 2), (0, 0, 0, 3), (1, 1, 1, 1), (7, 7, 0, 0, 8), (1, 6, 7)),
        ((1, 6, 7, 3), (0, 5, 0, 0), (0, 0, 0, 0), (1, -1, 1, 1), (13, 15, 0, 0, 0), (1, 6, 7, 3)),
        ((1, 6, 7, 3), (0, -2, 3, 0), (1, 0, 4, 3), (1, 1, 1, 1), (0, 0, 0, 0, 6), (1, 3)),
        ((1, 6, 7, 3), (0, 1), (1, 3), (1, 1), (0, 0, 0, 0, 0), (1, 2, 7, 3)),
        ((2, 3, 4, 5), (0, 1), (0, 3), (1, 1), (0, 0, 1, 0, 0), (2, 3, 4, 2)),
        ((2, 3, 4, 5), (1, 0, 1), (2, 0, 3), (1, 1, 1), (0, 0, 2, 0, 0), (1, 3, 4, 2)),
        ((2, 3, 4, 5), (1, 0, 1, 2), (2, 0, 0, 3), (1, 1, 1, 1), (0, 0, 2, 4, 8), (1, 3, 4, 1)),
        ((3, 4), (0, 0, 1), (0, 0, 3), (1, 1, 1), (2, 2, 0, 1, 0), (1, 3, 2)),
        ((3, 4), (0, 0, 0), (2, 0, 0), (1, 1, 1), (4, 4, 0, 2, 0), (2, 1, 4)),
        ((2, 3, 4, 2, 3), (0, 2, 3, 0, 2), (2, 0, 0, 2, 0), (1, -1, -2, 1, -1), (1, 2, 0, 0, 0), (2, 3, 2, 2, 2)),
    )
    names = ("BeginMask", "EndMask", "EllipsisMask", "NewAxisMask", "ShrinkAxisMask")
    for kind, (shape, begin, end, strides, masks, out) in itertools.product(SIZES, slices):
        model = OneOperator(kind, zero_point=5)
        numbers = [model.numbers(*values) for values in (begin, end, strides)]
        options = dict(zip(names, masks, strict=True))
        yield (
            f"slice-{kind}-{shape}-{begin}-{end}-{strides}-{masks}",
            model.one("STRIDED_SLICE", shape, numbers, out, **options),
        )
    # The end counts from the begin on.
    model = OneOperator()
    numbers = [model.numbers(*values) for values in ((1, 2), (2, 3), (1, 1))]
    yield "slice-offset", model.one("STRIDED_SLICE", (4, 6), numbers, (2, 3), Offset=True)


def _slices() -> Iterator[Case]:
    parts: tuple[tuple[Shape, Shape, Shape], ...] = (
        ((9,), (2,), (4,)),
        ((1, 6, 7, 3), (0, 1, 2, 0), (1, 3, 4, 3)),
        ((1, 6, 7, 3), (0, 2, 0, 1), (1, -1, 7, -1)),
        ((2, 3, 4, 5), (1, 0, 0, 0), (1, 3, 4, 5)),
        ((2, 3, 2, 3, 4), (0, 1, 0, 1, 2), (2, 2, 2, 2, 2)),
    )
    for kind, (shape, begin, size) in itertools.product(KINDS, parts):
        model = OneOperator(kind, zero_point=5)
        out = [whole - b if n == -1 else n for whole, b, n in zip(shape, begin, size, strict=True)]
        numbers = [model.numbers(*begin), model.numbers(*size)]
        yield f"part-{kind}-{shape}-{begin}-{size}", model.one("SLICE", shape, numbers, out)


def _concatenations() -> Iterator[Case]:
    for kind, axis, constants in itertools.product(KINDS, (0, 1, 2, -1), (0, 2)):
        model = OneOperator(kind, zero_point=11)
        source = model.tensor((2, 3, 4))
        others = []
        for i in range(constants):
            shape = [2, 3, 4]
            shape[axis] = i + 1
            others.append(model.constant(np.random.default_rng(i).integers(0, 100, shape)))
        inputs = [*others[:1], source, source, *others[1:]]
        out = [2, 3, 4]
        out[axis] = 2 * out[axis] + (3 if constants else 0)
        target = model.tensor(out)
        model.model.operator("CONCATENATION", inputs, [target], Axis=axis)
        yield f"join-{kind}-{axis}-{constants}", model.model.build([source], [target])


def _splits() -> Iterator[Case]:
    """Parts in reverse, so that each is somewhere else than it was."""
    for kind, (axis, sizes) in itertools.product(
        KINDS, ((0, (2, 2)), (1, (1, 1, 1)), (2, (3, 3)), (-1, (1,) * 6), (2, (1, 2, 3)), (1, (2, -1)))
    ):
        model = OneOperator(kind, zero_point=11)
        source = model.tensor((4, 3, 6))
        whole = (4, 3, 6)[axis]
        counts = [whole - sum(sizes) - 1 if size == -1 else size for size in sizes]
        parts = []
        for count in counts:
            shape = [4, 3, 6]
            shape[axis] = count
            parts.append(model.tensor(shape))
        if len(set(counts)) == 1:
            inputs = [model.numbers(axis), source]
            model.model.operator("SPLIT", inputs, parts, NumSplits=len(parts))
        else:
            inputs = [source, model.numbers(*sizes), model.numbers(axis)]
            model.model.operator("SPLIT_V", inputs, parts, NumSplits=len(parts))
        target = model.tensor((4, 3, 6))
        model.model.operator("CONCATENATION", parts[::-1], [target], Axis=axis)
        yield f"split-{kind}-{axis}-{sizes}", model.model.build([source], [target])


def _packs() -> Iterator[Case]:
    for kind, axis in itertools.product(KINDS, (0, 1, 2, -1)):
        model = OneOperator(kind, zero_point=11)
        source = model.tensor((3, 4, 2))
        shape = [3, 4, 2]
        count = shape.pop(axis)
        parts = [model.tensor(shape) for _ in range(count)]
        model.model.operator("UNPACK", [source], parts, Num=count, Axis=axis)
        constant = model.constant(np.arange(np.prod(shape)).reshape(shape))
        joined = [3, 4, 2]
        joined[axis] = count + 1
        target = model.tensor(joined)
        inputs = [parts[-1], constant, *parts[:-1]]
        model.model.operator("PACK", inputs, [target], ValuesCount=count + 1, Axis=axis)
        yield f"pack-{kind}-{axis}", model.model.build([source], [target])


def _resizes() -> Iterator[Case]:
    sizes = ((6, 8), (3, 4), (7, 5), (1, 1), (2, 9), (12, 16))
    modes = ((False, False), (True, False), (False, True), (True, True))
    for kind, size, (corners, half) in itertools.product(SIZES, sizes, modes):
        model = OneOperator(kind, zero_point=11)
        channels = 1 if size == (7, 5) else 3
        yield f"resize-{kind}-{size}-{corners}-{half}", model.one(
            "RESIZE_NEAREST_NEIGHBOR", (1, 3, 4, channels), [model.numbers(*size)], (1, *size, channels),
            AlignCorners=corners, HalfPixelCenters=half,
        )  # fmt: skip


def _views() -> Iterator[Case]:
    for kind in KINDS:
        model = OneOperator(kind)
        yield f"expand-{kind}", model.one("EXPAND_DIMS", (3, 4), [model.numbers(1)], (3, 1, 4))
        yield f"squeeze-{kind}", OneOperator(kind).one("SQUEEZE", (1, 3, 1, 4), [], (3, 4), SqueezeDims=[0, 2])


GROUPS = (
    _transposes, _pads, _strided_slices, _slices, _concatenations, _splits, _packs, _resizes, _views,
)  # fmt: skip
MODELS = {name: model for group in GROUPS for name, model in group()}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    return run_grid(MODELS, tmp_path_factory.mktemp("shape"), VECTORS)


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, checked: dict[str, Checked]) -> None:
    checked[name].check()


# Runs of one, two, four and more bytes, and a pad of four-byte values.
ON_ARM = [name for index, name in enumerate(MODELS) if index % 16 == 0]


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_outputs_on_arm_are_those_of_the_reference_kernels(core: str, tmp_path: Path) -> None:
    models = {f"m{index}": MODELS[name] for index, name in enumerate(ON_ARM)}
    programs = write_models(models, tmp_path)
    engine = ArmEngine(tmp_path, core)
    for index, (program, model) in enumerate(zip(programs, models.values(), strict=True)):
        inputs = random_inputs(model, 1, seed=index)
        outputs = engine.run(program, index, inputs.reshape(1, -1).view(np.uint8))
        check_outputs(outputs, run_reference(model, inputs), ON_ARM[index])
