"""Each operator over a grid of shapes and options: generated C against TensorFlow Lite's reference kernels."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engine_runner import Bytes, NativeEngine, write_models
from network_chain import Chain
from random_graphs import ACTIVATIONS
from reference import check_outputs, random_inputs, run_reference

VECTORS = 4
Case = tuple[str, Chain]


def _chain(seed: int, shape: tuple[int, ...], kind: str = "int8", scale: float = 0.05) -> Chain:
    rng = np.random.default_rng(seed)
    return Chain(rng, shape, kind, scale=scale, zero_point=0 if kind == "float32" else int(rng.integers(-128, 128)))


def _convolutions() -> Iterator[Case]:
    windows = (
        ((1, 1), (1, 1), (1, 1)),
        ((1, 1), (2, 2), (1, 1)),
        ((3, 3), (1, 1), (1, 1)),
        ((2, 3), (2, 1), (1, 1)),
        ((3, 2), (1, 1), (2, 3)),
        ((5, 4), (3, 2), (1, 1)),
    )
    grid = itertools.product(("int8", "float32"), (False, True), ("SAME", "VALID"), (1, 3, 4, 8), windows)
    for seed, (kind, depthwise, padding, channels, (kernel, stride, dilation)) in enumerate(grid):
        name = f"{'depthwise' if depthwise else 'conv'}-{kind}-{padding}-{channels}ch-{kernel}-{stride}-{dilation}"
        chain = _chain(seed, (1, 7 + seed % 3, 9 - seed % 2, channels), kind)
        chain.conv(
            1 + seed % 3 if depthwise else 3 + seed % 5, kernel, depthwise=depthwise, padding=padding, stride=stride,
            dilation=dilation, activation=ACTIVATIONS[seed % 4], per_channel=seed % 3 > 0,
            bias=not depthwise or seed % 5 > 0,
        )  # fmt: skip
        yield name, chain


def _dense_layers() -> Iterator[Case]:
    grid = itertools.product(("int8", "float32"), ((1,), (5,), (1, 2, 3)), (1, 7, 16, 65), (1, 2, 10))
    for seed, (kind, rows, depth, units) in enumerate(grid):
        name = f"dense-{kind}-{rows}x{depth}x{units}"
        yield (
            name,
            _chain(seed, (*rows, depth), kind).dense(
                units, per_channel=seed % 2 > 0, bias=seed % 3 > 0, activation=ACTIVATIONS[seed % 4]
            ),
        )


def _dense_ties() -> Iterator[Case]:
    # Decimal and binary scales, whose products with a sum are halves or nearly so: rounding in double shows here.
    for seed, (scale, weight, output) in enumerate(
        ((0.5, 0.25, 1.0), (0.1, 0.3, 0.2), (1.0, 0.7, 1.0), (0.25, 1.0, 2.5))
    ):
        chain = _chain(seed, (64, 2), scale=scale)
        weights = chain.model.tensor((1, 2), np.int8, data=np.array([[1, 0]], np.int8), scale=weight)
        chain._append("FULLY_CONNECTED", [chain.last, weights], (64, 1), {"KeepNumDims": True})
        chain.model.tensors[chain.last].scales = [output]
        yield f"dense-ties-{scale}-{weight}-{output}", chain


def _large_factors() -> Iterator[Case]:
    # Factors of 1/2 and more are shifts to the left, or none: not the kernels' usual path.
    for seed, scale in enumerate((0.4, 0.9, 3.0, 40.0)):
        chain = _chain(seed, (1, 4, 4, 4), scale=scale).conv(5, (1, 1))
        chain.model.tensors[1].scales = [0.11] * 5
        yield f"conv-factor-{scale}", chain
        chain = _chain(seed, (3, 6), scale=scale).dense(5, bias=False)
        chain.model.tensors[1].scales = [0.11]
        yield f"dense-factor-{scale}", chain


def _lone_rows_and_columns() -> Iterator[Case]:
    # Dilation means nothing where a kernel is one row or column; no room is planned for gaps there.
    grid = itertools.product((1, 3, 4), (((1, 1), (2, 3)), ((1, 3), (3, 2)), ((3, 1), (2, 3))), ((1, 1), (3, 3)))
    for seed, (channels, (kernel, dilation), stride) in enumerate(grid):
        for depthwise in (False, True):
            chain = _chain(seed, (1, 9, 11, 8))
            yield (
                f"lone-{'depthwise' if depthwise else 'conv'}-{channels}-{kernel}-{stride}",
                chain.conv(channels, kernel, depthwise=depthwise, dilation=dilation, stride=stride),
            )


def _narrow_images() -> Iterator[Case]:
    # Rows of less than a word, of which nothing may be read beyond the last.
    for seed, (width, channels, depthwise) in enumerate(itertools.product((1, 2, 3), (1, 2), (False, True))):
        chain = _chain(seed, (1, 9, width, channels))
        name = f"narrow-{'depthwise' if depthwise else 'conv'}-{width}-{channels}"
        yield name, chain.conv(3, (3, 1), depthwise=depthwise, stride=(1 + seed % 2, 1))


def _pools() -> Iterator[Case]:
    windows = (((2, 2), (2, 2)), ((3, 3), (1, 1)), ((3, 2), (2, 3)), ((1, 1), (1, 1)), ((7, 7), (1, 1)))
    grid = itertools.product(("int8", "float32"), (False, True), ("SAME", "VALID"), (1, 3, 4, 9), windows)
    for seed, (kind, average, padding, channels, (kernel, stride)) in enumerate(grid):
        name = f"{'average' if average else 'max'}-{kind}-{padding}-{channels}ch-{kernel}-{stride}"
        chain = _chain(seed, (1, 7 + seed % 3, 8 + seed % 2, channels), kind)
        yield (
            name,
            chain.pool(kernel, average=average, padding=padding, stride=stride, activation=ACTIVATIONS[seed % 4]),
        )


def _softmaxes() -> Iterator[Case]:
    grid = itertools.product(
        ("int8", "float32"), (0.004, 0.05, 0.3, 2.0), (1.0, 0.5, 3.0), ((40, 10), (3, 4, 129), (9, 1))
    )
    for seed, (kind, scale, beta, shape) in enumerate(grid):
        yield f"softmax-{kind}-{scale}-{beta}-{shape}", _chain(seed, shape, kind, scale).softmax(beta)


def _conversions() -> Iterator[Case]:
    for seed, (kind, scale) in enumerate(itertools.product(("int8", "uint8"), (0.01, 0.05, 0.05000001, 0.9))):
        zero_point = 40 if kind == "int8" else 140
        yield f"quantize-{kind}-{scale}", _chain(seed, (300,), "float32").quantize(kind, scale, zero_point)
        yield f"requantize-{kind}-{scale}", _chain(seed, (300,)).quantize(kind, scale, zero_point)
        yield f"dequantize-{kind}-{scale}", Chain(np.random.default_rng(seed), (300,), kind, scale, 17).dequantize()
        unsigned = Chain(np.random.default_rng(seed), (300,), "uint8", 0.05, 200)
        yield f"requantize-from-uint8-{kind}-{scale}", unsigned.quantize("int8", scale, -7)


def _reshapes() -> Iterator[Case]:
    for kind in ("int8", "float32"):
        yield f"reshape-{kind}", _chain(0, (1, 3, 4, 5), kind).reshape((1, 12, 5)).reshape((60,))


GROUPS = (
    _convolutions, _dense_layers, _dense_ties, _large_factors, _lone_rows_and_columns, _narrow_images, _pools,
    _softmaxes, _conversions, _reshapes,
)  # fmt: skip
CASES = {name: chain for group in GROUPS for name, chain in group()}
MODELS = {name: chain.build() for name, chain in CASES.items()}
INPUTS = {name: random_inputs(model, VECTORS, seed) for seed, (name, model) in enumerate(MODELS.items())}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Bytes]]:
    """Output bytes of every case with both kinds of kernels: all cases are in one program for each."""
    folder = tmp_path_factory.mktemp("operators")
    programs = write_models({f"m{index}": model for index, model in enumerate(MODELS.values())}, folder)
    engines = [NativeEngine.build(programs, folder, dsp=dsp) for dsp in (False, True)]
    by_kernels = [engine.run(enumerate(INPUTS.values())) for engine in engines]
    return {name: list(pair) for name, pair in zip(MODELS, zip(*by_kernels, strict=True), strict=True)}


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, outputs: dict[str, list[Bytes]]) -> None:
    expected = run_reference(MODELS[name], INPUTS[name])
    for seen in outputs[name]:
        check_outputs(seen, expected)


def test_a_flat_softmax_over_many_values_is_zero(tmp_path: Path) -> None:
    # 1/600 is less than half of 1/256. The reference kernel aborts on it, so there is no oracle.
    programs = write_models({"flat": _chain(0, (1, 600)).softmax().build()}, tmp_path)
    for dsp in (False, True):
        (seen,) = NativeEngine.build(programs, tmp_path, dsp=dsp).run([(0, np.zeros((1, 600), np.int8))])
        np.testing.assert_array_equal(seen.view(np.int8), np.full((1, 600), -128))
