"""Random SVDF and UNIDIRECTIONAL_SEQUENCE_LSTM; each has states of its own."""

from __future__ import annotations

import numpy as np
import tflite
from random_graphs import Live, RandomGraph, operation

_KINDS = ("int8", "float32")
_MAX_WEIGHTS = 4096
_GATES = 4
_LSTM_INPUTS = 24


def _state(graph: RandomGraph, count: int, kind: str, scale: float, zero_point: int = 0) -> int:
    real = None if kind == "float32" else scale
    return graph.model.tensor((1, count), kind, scale=real, zero_point=zero_point, variable=True)


def _weights(graph: RandomGraph, kind: str, shape: tuple[int, int], factor: float) -> int:
    """Return a constant whose rows times an input of that factor add up to about 1."""
    reals = graph.rng.normal(0.0, shape[1] ** -0.5, shape)
    if kind == "float32":
        return graph.constant(reals.astype(np.float32))
    values = graph.rng.integers(-127, 128, shape, dtype=np.int8)
    return graph.constant(values, scale=float(np.float32(factor / shape[1] ** 0.5)))


@operation
def svdf(graph: RandomGraph) -> bool:
    """SVDF of a row."""
    source = graph.pick(lambda t: t.kind in _KINDS and len(t.shape) == 2 and t.shape[0] == 1)
    if source is None:
        return False
    rng = graph.rng
    inputs, units = source.shape[1], int(rng.integers(1, 9))
    rank, memory = int(rng.integers(1, 4)), int(rng.integers(1, 9))
    filters = units * rank
    if filters * (inputs + memory) > _MAX_WEIGHTS:
        return False
    kind, target = source.kind, graph.tensor((1, units), source.kind, exact=source.kind != "float32")
    features = _weights(graph, kind, (filters, inputs), 0.01)
    if kind == "float32":
        times = _weights(graph, kind, (filters, memory), 1.0)
        bias = graph.constant(rng.normal(0, 1, units).astype(np.float32))
        state = _state(graph, filters * memory, kind, 0.0)
    else:
        # As large as the sums of all products may be in 32 bits.
        most = 30_000 // (memory * rank)
        times = graph.constant(rng.integers(-most, most + 1, (filters, memory), dtype=np.int16), scale=1e-4)
        bias = graph.constant(rng.integers(-100_000, 100_000, units, dtype=np.int32), scale=1e-7)
        state = _state(graph, filters * memory, "int16", 1e-3)
    operands: list[Live | int] = [source, features, times, bias if rng.integers(2) else -1, state]
    graph.append("SVDF", operands, [target], Rank=rank, FusedActivationFunction=tflite.ActivationFunctionType.RELU)
    return True


@operation
def lstm(graph: RandomGraph) -> bool:
    """UNIDIRECTIONAL_SEQUENCE_LSTM of up to 32 steps.

    In float32 not of products: with inputs in the thousands the reference itself is off by more than the tolerance.
    """
    source = graph.pick(
        lambda t: t.kind in _KINDS and t.exact and len(t.shape) == 3 and t.shape[0] == 1 and t.shape[1] <= 32
    )
    if source is None:
        return False
    rng, kind = graph.rng, source.kind
    _, steps, inputs = source.shape
    units = int(rng.integers(1, 13))
    if _GATES * units * (inputs + units) > _MAX_WEIGHTS:
        return False
    scale, zero_point = (0.0, 0) if kind == "float32" else (0.008, int(rng.integers(-128, 128)))
    target = graph.tensor((1, steps, units), kind, scale=scale, zero_point=zero_point, exact=kind != "float32")
    operands: list[Live | int] = [-1] * _LSTM_INPUTS
    operands[0] = source
    for gate in range(_GATES):
        operands[1 + gate] = _weights(graph, kind, (units, inputs), 0.02)
        operands[5 + gate] = _weights(graph, kind, (units, units), 0.02)
        if kind == "float32":
            operands[12 + gate] = graph.constant(rng.normal(0, 1, units).astype(np.float32))
        else:
            operands[12 + gate] = graph.constant(rng.integers(-2000, 2000, units, dtype=np.int32), scale=1e-3)
    cells_scale = 2.0 ** int(rng.integers(-15, -8))
    operands[18] = _state(graph, units, kind, scale, zero_point)
    operands[19] = _state(graph, units, "float32" if kind == "float32" else "int16", cells_scale)
    sums = [graph.model.tensor((0,), np.int16, scale=2.0**-12) for _ in range(_GATES)]
    hidden = graph.model.tensor((0,), np.int8, scale=scale or 1.0, zero_point=zero_point)
    graph.append(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [target], version=3,
        intermediates=[*sums, hidden] if kind == "int8" else (),
        FusedActivationFunction=tflite.ActivationFunctionType.TANH, CellClip=float(rng.choice([0.0, 0.0, 0.5, 4.0])),
    )  # fmt: skip
    return True
