"""Random element-wise operators of one and of two operands."""

from __future__ import annotations

import numpy as np
from random_graphs import MAX_ELEMENTS, Live, RandomGraph, activation, operation

from mcubench.codegen.broadcast import broadcast_shape

_KINDS = ("int8", "int16", "float32")
_CLAMPS = ("ABS", "LEAKY_RELU", "NEG", "RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1")
_CURVES = ("HARD_SWISH", "LOGISTIC", "TANH")
_INT16 = ("LEAKY_RELU", "LOGISTIC", "RELU", "RELU6", "TANH")
# Scales that the reference kernels insist on.
_SCALES = {("LOGISTIC", "int8"): 1 / 256, ("LOGISTIC", "int16"): 1 / 32768, ("TANH", "int16"): 1 / 32768}


@operation
def add(graph: RandomGraph) -> bool:
    """ADD or SUB."""
    return _binary(graph, str(graph.rng.choice(["ADD", "SUB"])))


@operation
def multiply(graph: RandomGraph) -> bool:
    """MUL."""
    return _binary(graph, "MUL")


@operation
def extreme(graph: RandomGraph) -> bool:
    """MINIMUM or MAXIMUM."""
    return _binary(graph, str(graph.rng.choice(["MINIMUM", "MAXIMUM"])))


def _binary(graph: RandomGraph, name: str) -> bool:
    """Append an operator of two tensors, or of one and a constant."""
    first = graph.pick(lambda tensor: tensor.kind in _KINDS and _survives(name, tensor))
    if first is None:
        return False
    second = graph.pick(lambda tensor: _fits(name, first, tensor)) if graph.rng.random() < 0.6 else None
    shape = first.shape if second is None else broadcast_shape(first.shape, second.shape)
    operands = [first, _constant(graph, first.kind, _repeated(graph, first.shape)) if second is None else second]
    if graph.rng.integers(2):
        operands.reverse()
    # Who compares takes values as they are, so that scales are the same in models that mean something.
    compares = name in ("MINIMUM", "MAXIMUM")
    target = graph.tensor(shape, first.kind, like=first if compares else None, exact=first.kind != "float32")
    options = {} if compares else {"FusedActivationFunction": activation(graph.random_activation())}
    if name in ("ADD", "SUB"):
        options["PotScaleInt16"] = False
    graph.append(name, operands, [target], **options)
    return True


@operation
def prelu(graph: RandomGraph) -> bool:
    """PRELU with constant factors, one per channel, one for all or one each."""
    source = graph.pick(lambda tensor: tensor.kind in _KINDS)
    if source is None:
        return False
    factors = _constant(graph, "int8" if source.kind == "int16" else source.kind, _repeated(graph, source.shape))
    graph.append("PRELU", [source, factors], [graph.tensor(source.shape, source.kind)])
    return True


@operation
def clamp(graph: RandomGraph) -> bool:
    """An operator of one operand that is made of straight lines."""
    return _unary(graph, _CLAMPS)


@operation
def curve(graph: RandomGraph) -> bool:
    """An operator of one operand that is none."""
    return _unary(graph, _CURVES)


def _unary(graph: RandomGraph, names: tuple[str, ...]) -> bool:
    name = str(graph.rng.choice(names))
    kinds = _KINDS if name in _INT16 else ("int8", "float32")
    source = graph.pick(lambda tensor: tensor.kind in kinds)
    if source is None:
        return False
    target = graph.tensor(source.shape, source.kind, scale=_SCALES.get((name, source.kind)))
    options = {"Alpha": float(graph.rng.choice([0.01, 0.2, 1.5, -0.3]))} if name == "LEAKY_RELU" else {}
    graph.append(name, [source], [target], **options)
    return True


def _survives(name: str, tensor: Live) -> bool:
    """Products of float32 would take errors of the last bits to where they count."""
    return tensor.exact or name != "MUL"


def _fits(name: str, first: Live, second: Live) -> bool:
    """Return whether two tensors can be combined, and not to something large."""
    if second.kind != first.kind or not _survives(name, second):
        return False
    try:
        shape = broadcast_shape(first.shape, second.shape)
    except ValueError:
        return False
    return len(shape) <= 6 and int(np.prod(shape)) <= MAX_ELEMENTS


def _repeated(graph: RandomGraph, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape that can be repeated to `shape`: some dimensions are 1, and some of the outer ones are gone."""
    rng = graph.rng
    kept = shape[int(rng.integers(len(shape))) :] if rng.integers(2) else shape
    return tuple(1 if rng.random() < 0.3 else size for size in kept)


def _constant(graph: RandomGraph, kind: str, shape: tuple[int, ...]) -> int:
    if kind == "float32":
        return graph.constant(graph.rng.normal(0.0, 2.0, shape).astype(np.float32))
    limits = np.iinfo(kind)
    values = graph.rng.integers(limits.min, limits.max, shape, dtype=kind, endpoint=True)
    return graph.constant(values, scale=graph.random_scale(kind), zero_point=graph.random_zero_point(kind))
