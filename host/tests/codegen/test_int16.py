"""int16 activations with int8 weights (16x8): generated C against TensorFlow Lite's reference kernels."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from engine_runner import Bytes, NativeEngine, write_models
from network_chain import Chain
from random_graphs import ACTIVATIONS
from reference import check_outputs, random_inputs, run_reference

from mcubench.codegen.program import compile_model
from mcubench.errors import InputError

VECTORS = 4
Case = tuple[str, Chain]


def _chain(seed: int, shape: tuple[int, ...], scale: float = 0.0005, bias_type: str = "int64") -> Chain:
    return Chain(np.random.default_rng(seed), shape, "int16", scale, bias_type=bias_type)


def _convolutions() -> Iterator[Case]:
    windows = (
        ((1, 1), (1, 1), (1, 1)),
        ((1, 1), (2, 2), (1, 1)),
        ((3, 3), (1, 1), (1, 1)),
        ((2, 3), (2, 1), (1, 1)),
        ((3, 2), (1, 1), (2, 3)),
        ((5, 4), (3, 2), (1, 1)),
    )
    kinds = ("conv", "conv32", "depthwise")
    for seed, (kind, padding, channels, (kernel, stride, dilation)) in enumerate(
        itertools.product(kinds, ("SAME", "VALID"), (1, 4), windows)
    ):
        depthwise = kind == "depthwise"
        chain = _chain(
            seed, (1, 7 + seed % 3, 9 - seed % 2, channels), bias_type="int32" if kind == "conv32" else "int64"
        )
        chain.conv(
            1 + seed % 3 if depthwise else 3 + seed % 5, kernel, depthwise=depthwise, padding=padding, stride=stride,
            dilation=dilation, activation=ACTIVATIONS[seed % 4], per_channel=seed % 3 > 0,
            bias=not depthwise or seed % 5 > 0,
        )  # fmt: skip
        yield f"{kind}-{padding}-{channels}ch-{kernel}-{stride}-{dilation}", chain


def _deep_layers() -> Iterator[Case]:
    # More products than are added in 32 bits.
    yield "conv-deep", _chain(1, (1, 3, 3, 90)).conv(3, (3, 3))
    yield "depthwise-deep", _chain(2, (1, 20, 20, 1)).conv(1, (17, 19), depthwise=True)
    # Sums that float32 does not hold: with so many outputs some are rounded otherwise.
    yield "dense-deep", _chain(3, (64, 1500)).dense(20)


def _extreme_weights() -> Iterator[Case]:
    # Sums as large as they get: 40 bits in 64-bit sums, and just below 32 in narrow ones.
    for bias_type, depth in (("int64", 2000), ("int32", 510)):
        chain = _chain(4, (1, 1, 1, depth), bias_type=bias_type).conv(2, (1, 1))
        chain.model.tensors[1].data = np.full((2, 1, 1, depth), 127, np.int8)
        yield f"conv-extreme-{bias_type}", chain


def _factors() -> Iterator[Case]:
    # Shifts to the left and none, far to the right, and a significand that rounds up to 16 bits.
    for seed, scale in enumerate((1e-9, 1e-6, 0.0009, 0.00999999, 0.3)):
        for bias_type in ("int64", "int32"):
            chain = _chain(seed, (1, 4, 4, 4), scale, bias_type).conv(5, (1, 1))
            chain.model.tensors[1].scales = [0.11] * 5
            chain.model.tensors[chain.last].scales = [0.0005]
            yield f"conv-factor-{scale}-{bias_type}", chain
        chain = _chain(seed, (3, 6), scale).dense(5, bias=False)
        chain.model.tensors[1].scales = [0.11]
        chain.model.tensors[chain.last].scales = [0.0005]
        yield f"dense-factor-{scale}", chain


def _dense_layers() -> Iterator[Case]:
    grid = itertools.product(("int64", "int32"), ((5,), (1, 2, 3)), (1, 7, 65), (1, 10))
    for seed, (bias_type, rows, depth, units) in enumerate(grid):
        chain = _chain(seed, (*rows, depth), bias_type=bias_type)
        yield (
            f"dense-{bias_type}-{rows}x{depth}x{units}",
            chain.dense(units, per_channel=seed % 2 > 0, bias=seed % 3 > 0, activation=ACTIVATIONS[seed % 4]),
        )


def _pools() -> Iterator[Case]:
    windows = (((2, 2), (2, 2)), ((3, 3), (1, 1)), ((3, 2), (2, 3)), ((1, 1), (1, 1)), ((7, 7), (1, 1)))
    grid = itertools.product((False, True), ("SAME", "VALID"), (1, 3), windows)
    for seed, (average, padding, channels, (kernel, stride)) in enumerate(grid):
        chain = _chain(seed, (1, 7 + seed % 3, 8 + seed % 2, channels))
        yield (
            f"{'average' if average else 'max'}-{padding}-{channels}ch-{kernel}-{stride}",
            chain.pool(kernel, average=average, padding=padding, stride=stride, activation=ACTIVATIONS[seed % 4]),
        )


def _softmaxes() -> Iterator[Case]:
    grid = itertools.product((1e-5, 2e-4, 0.003, 0.4), (1.0, 3.0), ((40, 10), (3, 4, 129), (9, 1), (2, 3000)))
    for seed, (scale, beta, shape) in enumerate(grid):
        yield f"softmax-{scale}-{beta}-{shape}", _chain(seed, shape, scale).softmax(beta)


def _conversions() -> Iterator[Case]:
    for seed, (source, target, ratio) in enumerate(
        itertools.product(("float32", "int8", "uint8", "int16", "int32"), ("int8", "int16", "int32"), (0.013, 1.0, 7.3))
    ):
        if (source, target) in (("int32", "int32"), ("float32", "int32"), ("int8", "int32"), ("uint8", "int32")):
            continue  # TensorFlow Lite has no such conversion.
        scale = {"float32": 0.0, "int8": 0.05, "uint8": 0.05, "int16": 3e-4, "int32": 2e-6}[source]
        usual = {"int8": 0.05, "int16": 3e-4, "int32": 2e-6}[target]
        zero_points = {"int8": 5 - seed, "uint8": 100 + seed}
        chain = Chain(np.random.default_rng(seed), (300,), source, scale, zero_points.get(source, 0))
        yield (
            f"quantize-{source}-{target}-{ratio}",
            chain.quantize(target, usual * ratio, zero_points.get(target, 0)),
        )
    yield "dequantize", _chain(1, (300,)).dequantize()


def _networks() -> Iterator[Case]:
    image = _chain(1, (1, 12, 12, 3)).conv(6, (3, 3), activation="RELU").conv(1, (3, 3), depthwise=True)
    yield "network", image.pool().flatten().dense(10, per_channel=True).softmax()
    mixed = Chain(np.random.default_rng(2), (1, 8, 8, 2), "float32").quantize("int16", 2e-4, 0)
    mixed.conv(4, (3, 3), padding="SAME").quantize("int8", 0.05, 3).conv(4, (3, 3)).quantize("int16", 1e-4, 0)
    yield "mixed", mixed.flatten().dense(7).dequantize()


GROUPS = (
    _convolutions, _deep_layers, _extreme_weights, _factors, _dense_layers, _pools, _softmaxes, _conversions, _networks,
)  # fmt: skip
MODELS = {name: chain.build() for group in GROUPS for name, chain in group()}
INPUTS = {name: random_inputs(model, VECTORS, seed) for seed, (name, model) in enumerate(MODELS.items())}
for _name, _rows in INPUTS.items():
    if "extreme" in _name:
        _rows[0], _rows[1] = 32767, -32768


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Bytes]]:
    """Output bytes of every case with both kinds of kernels: all cases are in one program for each."""
    folder = tmp_path_factory.mktemp("int16")
    programs = write_models({f"m{index}": model for index, model in enumerate(MODELS.values())}, folder)
    engines = [NativeEngine.build(programs, folder, dsp=dsp) for dsp in (False, True)]
    by_kernels = [engine.run(enumerate(INPUTS.values())) for engine in engines]
    return {name: list(pair) for name, pair in zip(MODELS, zip(*by_kernels, strict=True), strict=True)}


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, outputs: dict[str, list[Bytes]]) -> None:
    expected = run_reference(MODELS[name], INPUTS[name])
    for seen in outputs[name]:
        check_outputs(seen, expected)


# Of each kernel one or two: what the emulated core computes in 64 bits and in double is its own.
ARM_MODELS = [
    name
    for name in MODELS
    if "-extreme-" in name or "-deep" in name or "-factor-" in name or name in ("network", "mixed") or "-7.3" in name
]


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4", "cortex-m7"])
def test_outputs_on_arm_are_those_of_the_reference_kernels(core: str, tmp_path: Path) -> None:
    programs = write_models({f"m{index}": MODELS[name] for index, name in enumerate(ARM_MODELS)}, tmp_path)
    engine = ArmEngine(tmp_path, core)
    for index, name in enumerate(ARM_MODELS):
        inputs = INPUTS[name][:1]
        outputs = engine.run(programs[index], index, inputs.reshape(1, -1).view(np.uint8))
        check_outputs(outputs, run_reference(MODELS[name], inputs), name)


def test_a_table_of_exponentials_is_right_for_every_difference(tmp_path: Path) -> None:
    # With this scale one step of the input is one step of the table.
    model = _chain(1, (65536 // 16, 16), scale=10 / 65535).softmax().build()
    inputs = np.arange(-32768, 32768, dtype=np.int16).reshape(1, -1, 16)
    inputs[..., 0] = 32767
    programs = write_models({"net": model}, tmp_path)
    (seen,) = NativeEngine.build(programs, tmp_path, dsp=False).run([(0, inputs)])
    check_outputs(seen, run_reference(model, inputs))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda chain: setattr(chain.model.tensors[2], "data", np.full(3, 2**62)), "can exceed 48 bits"),
        (
            lambda chain: setattr(chain.model.tensors[1], "scales", [1e6]),
            "the factor .* between the scales",
        ),
        (lambda chain: setattr(chain.model.tensors[0], "zero_points", [1]), "with a zero point outside 0 to 0"),
        (lambda chain: setattr(chain.model.tensors[chain.last], "dtype", np.dtype(np.int8)), "goes from int16 to int8"),
    ],
    ids=["bias", "factor", "zero-point", "types"],
)
def test_what_cannot_be_computed_is_refused(change: Callable[[Chain], None], message: str) -> None:
    chain = _chain(1, (1, 4, 4, 2)).conv(3, (3, 3), per_channel=False)
    change(chain)
    with pytest.raises(InputError, match=rf"operator 0 \(CONV_2D\) .*{message}"):
        compile_model("net", chain.build())


def test_sums_of_32_bits_that_could_overflow_are_refused() -> None:
    chain = _chain(1, (1, 1, 1, 600), bias_type="int32").conv(1, (1, 1))
    chain.model.tensors[1].data = np.full((1, 1, 1, 600), 127, np.int8)
    with pytest.raises(InputError, match=r"operator 0 \(CONV_2D\) has weights and biases whose sum can exceed 32 bits"):
        compile_model("net", chain.build())


def test_a_dense_layer_whose_outputs_could_exceed_32_bits_is_refused() -> None:
    chain = _chain(1, (1, 40)).dense(3)
    chain.model.tensors[1].scales = [1e4]
    with pytest.raises(InputError, match=r"operator 0 \(FULLY_CONNECTED\) .* an output can exceed 32 bits"):
        compile_model("net", chain.build())


def test_a_model_whose_input_cannot_go_over_the_line_is_refused() -> None:
    chain = Chain(np.random.default_rng(1), (1, 6), "int64").reshape((2, 3))
    with pytest.raises(InputError, match="expected an input of type int8, uint8, int16, int32, float32, saw int64"):
        compile_model("net", chain.build())
