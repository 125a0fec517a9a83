"""Networks with the layers of MLPerf Tiny's four and random weights: as much work, and no sense.

Layers from the descriptions of the reference models (mlcommons/tiny, benchmark/training: anomaly_detection,
image_classification, keyword_spotting, visual_wake_words). They are never called by the names of the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from network_chain import Chain

__all__ = ["TWINS", "Twin"]


@dataclass(frozen=True)
class Twin:
    """A network as heavy as that of `benchmark`, as MLPerf Tiny calls it."""

    benchmark: str
    build: Callable[[], bytes]

    @property
    def name(self) -> str:
        return f"twin-{self.benchmark}"


def _chain(*shape: int) -> Chain:
    return Chain(np.random.default_rng(1), shape, zero_point=-7)


def _relu(chain: Chain) -> Chain:
    """Give the last tensor the zero point that converters choose behind RELU."""
    chain.zero_point = -128
    chain.model.tensors[chain.last].zero_points = [-128]
    return chain


def _conv(chain: Chain, channels: int, kernel: tuple[int, int], stride: int = 1, depthwise: bool = False) -> Chain:
    return _relu(
        chain.conv(
            channels, kernel, depthwise=depthwise, stride=(stride, stride), padding="SAME", activation="RELU"
        )
    )  # fmt: skip


def _separable(chain: Chain, channels: int, stride: int = 1) -> Chain:
    return _conv(_conv(chain, 1, (3, 3), stride, depthwise=True), channels, (1, 1))


def _autoencoder() -> bytes:
    """640 values, dense layers of 128 with 8 in the middle, 640 values."""
    chain = _chain(1, 640)
    for units in (128, 128, 128, 128, 8, 128, 128, 128, 128):
        _relu(chain.dense(units, activation="RELU"))
    return chain.dense(640).build()


def _residual() -> bytes:
    """ResNet-8 on 32x32x3: three stacks of 16, 32 and 64 channels with a shortcut each."""
    chain = _conv(_chain(1, 32, 32, 3), 16, (3, 3))
    for channels, stride in ((16, 1), (32, 2), (64, 2)):
        start = (chain.last, chain.shape, chain.scale, chain.zero_point)
        _conv(chain, channels, (3, 3), stride)
        chain.conv(channels, (3, 3), padding="SAME")
        other = chain.last
        if stride > 1:
            chain.last, chain.shape, chain.scale, chain.zero_point = start
            chain.conv(channels, (1, 1), stride=(stride, stride), padding="SAME")
            start = (chain.last, chain.shape, chain.scale, chain.zero_point)
        chain.last = other
        _relu(chain.add(start[0], activation="RELU"))
    chain.pool((8, 8), average=True, stride=(8, 8))
    return chain.flatten().dense(10).softmax().build()


def _keywords() -> bytes:
    """DS-CNN on 49x10: a convolution of 10x4, four separable ones of 64 channels."""
    chain = _conv(_chain(1, 49, 10, 1), 64, (10, 4), 2)
    for _ in range(4):
        _separable(chain, 64)
    chain.pool((25, 5), average=True, stride=(25, 5))
    return chain.flatten().dense(12).softmax().build()


def _persons() -> bytes:
    """MobileNetV1 with a quarter of its channels on 96x96x3."""
    chain = _conv(_chain(1, 96, 96, 3), 8, (3, 3), 2)
    for channels, stride in (
        (16, 1),
        (32, 2),
        (32, 1),
        (64, 2),
        (64, 1),
        (128, 2),
        *[(128, 1)] * 5,
        (256, 2),
        (256, 1),
    ):
        _separable(chain, channels, stride)
    chain.pool((3, 3), average=True, stride=(3, 3))
    return chain.flatten().dense(2).softmax().build()


TWINS = (
    Twin("ad", _autoencoder),
    Twin("ic", _residual),
    Twin("kws", _keywords),
    Twin("vww", _persons),
)
