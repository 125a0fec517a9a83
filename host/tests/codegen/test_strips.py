"""Sizes at which the DSP kernels of convolutions take another way: several strips, odd ends, limits, large factors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from arm_engine import ArmEngine
from engine_runner import Bytes, NativeEngine, write_models
from network_chain import Chain
from reference import check_outputs, random_inputs, run_reference

VECTORS = 2


def _chain(seed: int, *shape: int, scale: float = 0.05) -> Chain:
    return Chain(np.random.default_rng(seed), shape, scale=scale, zero_point=3 * seed - 11)


def _depthwise(
    seed: int, shape: tuple[int, ...], kernel: tuple[int, int], multiplier: int = 1, **window: object
) -> Chain:
    return _chain(seed, *shape).conv(multiplier, kernel, depthwise=True, **({"padding": "SAME"} | window))


def _large_factor() -> Chain:
    chain = _depthwise(9, (1, 7, 7, 4), (3, 3))
    chain.model.tensors[1].scales = [3.0] * 4
    return chain


CASES = {
    "strips-odd-width": _depthwise(1, (1, 40, 45, 6), (3, 3)),
    "strips-even-width": _depthwise(2, (1, 41, 44, 4), (3, 3), padding="VALID"),
    "strips-stride-2": _depthwise(3, (1, 61, 57, 5), (3, 3), stride=(2, 2)),
    "strips-stride-3": _depthwise(4, (1, 50, 50, 4), (3, 3), stride=(2, 3)),
    "groups-of-channels": _depthwise(5, (1, 9, 11, 42), (3, 3), multiplier=2),
    "one-pixel-wide": _depthwise(6, (1, 30, 1, 7), (3, 3)),
    "strips-5x5": _depthwise(7, (1, 40, 33, 9), (5, 5)),
    "strips-9x8": _depthwise(8, (1, 40, 33, 3), (9, 8), activation="RELU6"),
    "large-factors": _large_factor(),
    "narrow-limits": _depthwise(10, (1, 8, 9, 8), (3, 3), activation="RELU_N1_TO_1"),
    "one-channel": _depthwise(11, (1, 20, 9, 1), (10, 4), multiplier=9),
    "conv-runs-of-words": _chain(12, 1, 9, 9, 8).conv(6, (3, 3), padding="SAME"),
    "conv-runs-of-bytes": _chain(13, 1, 12, 12, 3).conv(7, (3, 3), padding="SAME", stride=(2, 2)),
    "conv-last-rows": _chain(14, 1, 8, 8, 1).conv(4, (4, 3), activation="RELU6"),
    "conv-unit-channels": _chain(15, 1, 6, 7, 5).conv(1, (1, 1), activation="RELU_N1_TO_1"),
    "dense-rest": _chain(16, 1, 24).dense(7).dense(6).dense(9),
}
MODELS = {name: chain.build() for name, chain in CASES.items()}
INPUTS = {name: random_inputs(model, VECTORS, seed) for seed, (name, model) in enumerate(MODELS.items())}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Bytes]]:
    folder: Path = tmp_path_factory.mktemp("strips")
    programs = write_models(MODELS, folder)
    by_engine = [NativeEngine.build(programs, folder, dsp=dsp).run(enumerate(INPUTS.values())) for dsp in (False, True)]
    arm = ArmEngine(folder, "cortex-m4")
    rows = [
        arm.run(program, index, inputs.reshape(VECTORS, -1).view(np.uint8))
        for index, (program, inputs) in enumerate(zip(programs, INPUTS.values(), strict=True))
    ]
    return {name: list(each) for name, each in zip(MODELS, zip(*by_engine, rows, strict=True), strict=True)}


@pytest.mark.parametrize("name", MODELS)
def test_outputs_are_those_of_the_reference_kernels(name: str, outputs: dict[str, list[Bytes]]) -> None:
    expected = run_reference(MODELS[name], INPUTS[name])
    for seen, engine in zip(outputs[name], ("c", "dsp", "cortex-m4"), strict=True):
        check_outputs(seen, expected, engine)
