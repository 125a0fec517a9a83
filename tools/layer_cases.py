"""Networks of one layer each, of the types and sizes that int8 networks for microcontrollers consist of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from network_chain import Chain

__all__ = ["CYCLES_PER_MAC_GOALS", "LayerCase", "layer_cases"]

# By type, for a Cortex-M7 with the kernels for the DSP extension.
CYCLES_PER_MAC_GOALS = {"fully connected": 1.6, "pointwise": 1.6, "convolution 3x3": 2.0, "depthwise 3x3": 4.0}


@dataclass(frozen=True)
class LayerCase:
    """One layer as a network; `type` is what goals are for, `macs` is 0 for a layer that has none."""

    type: str
    shape: str
    model: bytes
    macs: int
    outputs: int

    @property
    def goal(self) -> float | None:
        """Most cycles per MAC that it may take."""
        return CYCLES_PER_MAC_GOALS.get(self.type)


def layer_cases() -> dict[str, LayerCase]:
    """Return the layers by a short name, which is the model's name on the board."""
    cases = [*_dense(), *_convolutions(), *_depthwise(), *_without_macs()]
    return {f"layer{index}": case for index, case in enumerate(cases)}


def _case(kind: str, shape: str, chain: Chain, macs_per_output: int) -> LayerCase:
    if macs_per_output:
        # With RELU a converter makes the least int8 zero.
        chain.model.tensors[chain.last].zero_points = [-128]
    outputs = int(np.prod(chain.shape))
    return LayerCase(kind, shape, chain.build(), outputs * macs_per_output, outputs)


def _chain(*shape: int) -> Chain:
    return Chain(np.random.default_rng(1), shape, zero_point=-7)


def _dense() -> Iterator[LayerCase]:
    for depth, units in ((64, 10), (128, 8), (128, 128), (576, 64), (640, 128)):
        chain = _chain(1, depth).dense(units, activation="RELU")
        yield _case("fully connected", f"{depth} to {units}", chain, depth)


def _convolutions() -> Iterator[LayerCase]:
    # (type, height, width, channels in and out, kernel, stride, padding)
    for kind, height, width, before, after, kernel, stride, padding in (
        ("pointwise", 48, 48, 8, 16, (1, 1), 1, "VALID"),
        ("pointwise", 25, 5, 64, 64, (1, 1), 1, "VALID"),
        ("pointwise", 12, 12, 32, 64, (1, 1), 1, "VALID"),
        ("pointwise", 6, 6, 128, 128, (1, 1), 1, "VALID"),
        ("pointwise", 3, 3, 256, 256, (1, 1), 1, "VALID"),
        ("pointwise", 32, 32, 16, 32, (1, 1), 2, "SAME"),
        ("convolution 3x3", 28, 28, 1, 32, (3, 3), 1, "VALID"),
        ("convolution 3x3", 32, 32, 3, 16, (3, 3), 1, "SAME"),
        ("convolution 3x3", 96, 96, 3, 8, (3, 3), 2, "SAME"),
        ("convolution 3x3", 10, 10, 1, 5, (3, 3), 1, "SAME"),
        ("convolution 3x3", 32, 32, 16, 16, (3, 3), 1, "SAME"),
        ("convolution 3x3", 32, 32, 16, 32, (3, 3), 2, "SAME"),
        ("convolution 3x3", 13, 13, 32, 64, (3, 3), 1, "VALID"),
        ("convolution 3x3", 8, 8, 64, 64, (3, 3), 1, "SAME"),
        ("convolution 1xk", 26, 1, 3, 16, (3, 1), 1, "VALID"),
        ("convolution 1xk", 1, 32, 16, 32, (1, 5), 1, "SAME"),
        ("convolution 2x2", 28, 28, 1, 64, (2, 2), 1, "SAME"),
        ("convolution 5x5", 14, 14, 16, 16, (5, 5), 1, "SAME"),
        ("convolution 10x4", 49, 10, 1, 64, (10, 4), 2, "SAME"),
    ):
        chain = _chain(1, height, width, before)
        chain.conv(after, kernel, stride=(stride, stride), padding=padding, activation="RELU")
        shape = f"{height}x{width}, {before} to {after}, stride {stride}, {padding}"
        yield _case(kind, shape, chain, kernel[0] * kernel[1] * before)


def _depthwise() -> Iterator[LayerCase]:
    # (height, width, channels, multiplier, kernel, stride)
    for height, width, channels, multiplier, kernel, stride in (
        (25, 5, 64, 1, (3, 3), 1),
        (48, 48, 8, 1, (3, 3), 1),
        (48, 48, 16, 1, (3, 3), 2),
        (12, 12, 64, 1, (3, 3), 2),
        (6, 6, 128, 1, (3, 3), 1),
        (14, 14, 10, 1, (3, 3), 1),
        (14, 14, 8, 2, (3, 3), 1),
        (28, 28, 1, 8, (3, 3), 1),
        (14, 14, 16, 1, (5, 5), 1),
        (49, 10, 1, 64, (10, 4), 2),
    ):
        chain = _chain(1, height, width, channels)
        chain.conv(multiplier, kernel, depthwise=True, stride=(stride, stride), padding="SAME", activation="RELU")
        size = f"{kernel[0]}x{kernel[1]}"
        shape = f"{height}x{width}, {channels} times {multiplier}, stride {stride}, SAME"
        yield _case(f"depthwise {size}", shape, chain, kernel[0] * kernel[1])


def _without_macs() -> Iterator[LayerCase]:
    yield _case("max pool 2x2", "26x26, 32", _chain(1, 26, 26, 32).pool((2, 2), stride=(2, 2)), 0)
    yield _case("average pool 2x2", "26x26, 32", _chain(1, 26, 26, 32).pool((2, 2), average=True, stride=(2, 2)), 0)
    yield _case("average pool, whole", "25x5, 64", _chain(1, 25, 5, 64).pool((25, 5), average=True), 0)
    yield _case("softmax", "10", _chain(1, 10).softmax(), 0)
    yield _case("add", "32x32, 16", _added(1, 32, 32, 16), 0)


def _added(*shape: int) -> Chain:
    """A tensor and the same one again: both are read."""
    chain = _chain(*shape)
    return chain.add(chain.last)
