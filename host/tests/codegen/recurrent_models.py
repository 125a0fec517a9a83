"""Models of one recurrent layer, as the converter writes them."""

from __future__ import annotations

import numpy as np
import tflite
from tflite_builder import TfliteBuilder

__all__ = ["lstm", "svdf"]

# Inputs of the operator that the basic LSTM has; the rest is absent.
_INPUT_WEIGHTS, _RECURRENT_WEIGHTS, _BIASES, _HIDDEN, _CELLS, _ALL = 1, 5, 12, 18, 19, 24
_RELU, _TANH = tflite.ActivationFunctionType.RELU, tflite.ActivationFunctionType.TANH


def svdf(
    kind: str,
    units: int,
    rank: int,
    inputs: int,
    memory: int,
    *,
    seed: int = 0,
    bias: bool = True,
    gain: float = 1.0,
    state: str = "int16",
) -> bytes:
    """Return a model of an SVDF. `gain` scales its filters: with a large one, the int8 model's state is saturated."""
    rng = np.random.default_rng(seed)
    model = TfliteBuilder()
    filters = units * rank
    if kind == "float32":
        source = model.tensor((1, inputs), kind)
        weights = rng.normal(0, gain * inputs**-0.5, (filters, inputs)).astype(np.float32)
        times = rng.normal(0, (memory * rank) ** -0.5, (filters, memory)).astype(np.float32)
        offsets = rng.normal(0, 1, units).astype(np.float32)
        constants = [model.tensor(values.shape, kind, data=values) for values in (weights, times)]
        constants.append(model.tensor((units,), kind, data=offsets) if bias else -1)
        memories = model.tensor((1, memory * filters), kind, variable=True)
        target = model.tensor((1, units), kind)
    else:
        source = model.tensor((1, inputs), np.int8, scale=0.05, zero_point=int(rng.integers(-128, 128)))
        features = rng.integers(-127, 128, (filters, inputs), dtype=np.int8)
        times = rng.integers(-32767, 32768, (filters, memory), dtype=np.int16)
        offsets = rng.integers(-(1 << 20), 1 << 20, units, dtype=np.int32)
        constants = [
            model.tensor(features.shape, np.int8, data=features, scale=0.01 * gain),
            # Small enough that the sums of the reference kernel stay within 32 bits.
            model.tensor(times.shape, np.int16, data=times // (8 * memory * rank), scale=0.003),
            model.tensor((units,), np.int32, data=offsets, scale=0.002 * 0.003) if bias else -1,
        ]
        memories = model.tensor((1, memory * filters), state, scale=0.002, variable=True)
        target = model.tensor((1, units), np.int8, scale=0.9, zero_point=int(rng.integers(-128, 128)))
    inputs_of = [source, *constants, memories]
    model.operator("SVDF", inputs_of, [target], version=4, Rank=rank, FusedActivationFunction=_RELU)
    return model.build([source], [target])


def lstm(
    kind: str,
    inputs: int,
    units: int,
    steps: int,
    *,
    seed: int = 0,
    cell_exponent: int = -11,
    clip: float = 0.0,
    time_major: bool = False,
    hidden_zero: int = -3,
) -> bytes:
    """Return a model of an LSTM; the int8 one's cells have the scale 2^cell_exponent."""
    rng = np.random.default_rng(seed)
    model = TfliteBuilder()
    hidden_scale = 1 / 127.5
    step = (steps, 1) if time_major else (1, steps)

    def activation(shape: tuple[int, ...], scale: float, zero_point: int, *, variable: bool = False) -> int:
        if kind == "float32":
            return model.tensor(shape, kind, variable=variable)
        return model.tensor(shape, np.int8, scale=scale, zero_point=zero_point, variable=variable)

    def matrix(width: int) -> int:
        values = rng.normal(0, 2 * width**-0.5, (units, width)).astype(np.float32)
        if kind == "float32":
            return model.tensor(values.shape, kind, data=values)
        scale = float(np.float32(abs(values).max() / 127))
        return model.tensor(values.shape, np.int8, data=np.round(values / scale).astype(np.int8), scale=scale)

    def vector(scale: float) -> int:
        values = rng.normal(0, 1, units).astype(np.float32)
        if kind == "float32":
            return model.tensor((units,), kind, data=values)
        return model.tensor((units,), np.int32, data=np.round(values / scale).astype(np.int32), scale=scale)

    source = activation((*step, inputs), 0.02, int(rng.integers(-128, 128)))
    operands = [-1] * _ALL
    operands[0] = source
    for gate in range(4):
        operands[_INPUT_WEIGHTS + gate] = matrix(inputs)
        operands[_RECURRENT_WEIGHTS + gate] = matrix(units)
        # Where its scale is that of a product.
        weights = model.tensors[operands[_INPUT_WEIGHTS + gate]]
        operands[_BIASES + gate] = vector(0.02 * float(weights.scales[0]) if weights.scales else 1.0)
    operands[_HIDDEN] = activation((1, units), hidden_scale, hidden_zero, variable=True)
    operands[_CELLS] = (
        model.tensor((1, units), kind, variable=True)
        if kind == "float32"
        else model.tensor((1, units), np.int16, scale=2.0**cell_exponent, variable=True)
    )
    target = activation((*step, units), hidden_scale, hidden_zero)
    # The sums of the four gates, which only layer normalisation looks at, and the output.
    sums = [model.tensor((0,), np.int16, scale=2.0**-12) for _ in range(4)]
    intermediates = [*sums, model.tensor((0,), np.int8, scale=hidden_scale, zero_point=hidden_zero)]
    model.operator(
        "UNIDIRECTIONAL_SEQUENCE_LSTM", operands, [target], version=3,
        intermediates=intermediates if kind == "int8" else (),
        FusedActivationFunction=_TANH, CellClip=clip, TimeMajor=time_major,
    )  # fmt: skip
    return model.build([source], [target])
