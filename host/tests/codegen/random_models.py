"""Random chains of operators, with random weights, scales and zero points."""

from __future__ import annotations

import numpy as np
from network_chain import Chain

__all__ = ["ACTIVATIONS", "random_network"]

ACTIVATIONS = ("NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def random_network(seed: int) -> bytes:
    """Return a random chain of operators, int8 or float32 throughout or int8 between QUANTIZE and DEQUANTIZE."""
    rng = np.random.default_rng(seed)
    kind = str(rng.choice(["int8", "int8", "float32", "mixed"]))
    shape = (1, int(rng.integers(3, 15)), int(rng.integers(3, 15)), int(rng.choice([1, 2, 3, 4, 8, 12])))
    chain = Chain(rng, shape, "float32" if kind == "mixed" else kind, zero_point=int(rng.integers(-128, 128)))
    if kind == "mixed":
        chain.quantize("int8", rng.uniform(0.01, 0.1), int(rng.integers(-128, 128)))
    for _ in range(int(rng.integers(1, 6))):
        _random_image_operator(chain, rng)
    chain.flatten()
    for _ in range(int(rng.integers(0, 3))):
        chain.dense(
            int(rng.integers(1, 40)), per_channel=bool(rng.integers(2)), activation=str(rng.choice(ACTIVATIONS))
        )
    # The reference kernel aborts on flat rows of 512 values and more.
    if rng.integers(2) and chain.shape[-1] < 512:
        chain.softmax()
    if kind == "mixed":
        chain.dequantize()
    return chain.build()


def _random_image_operator(chain: Chain, rng: np.random.Generator) -> None:
    kernel = (int(rng.integers(1, 4)), int(rng.integers(1, 4)))
    dilation = tuple(int(d) for d in rng.integers(1, 3, 2))
    stride = tuple(int(s) for s in rng.integers(1, 3, 2))
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    fits = reach[0] <= chain.shape[1] and reach[1] <= chain.shape[2]
    padding = str(rng.choice(["SAME", "VALID"])) if fits else "SAME"
    activation = str(rng.choice(ACTIVATIONS))
    operator = rng.integers(4)
    if operator == 0:
        chain.conv(
            int(rng.integers(1, 20)), kernel, padding=padding, stride=stride, dilation=dilation,
            activation=activation, per_channel=bool(rng.integers(2)),
        )  # fmt: skip
    elif operator == 1:
        chain.conv(
            int(rng.integers(1, 3)), kernel, depthwise=True, padding=padding, stride=stride, dilation=dilation,
            activation=activation, bias=bool(rng.integers(2)),
        )  # fmt: skip
    else:
        chain.pool(kernel, average=operator == 3, padding=padding, stride=stride, activation=activation)
