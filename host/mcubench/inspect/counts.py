"""Parameters, multiply-accumulates (MACs) and ST's MACC count of every operator of a model.

ST's rules are those of its X-CUBE-AI reports, as the reference figures of this project's owner give them
(`shared/reference/README.md`): a convolution counts its MACs and one per output channel, a ReLU one per element, a pool
its kernel's elements per output, a dense layer its MACs, a softmax 15 per class. Published counts follow two
conventions: the digit CNN's 2,852,598 leaves the biases of dense layers out; those of later reports (24,120 of the
accelerometer network, 2,323,968 of the clothes) count them. Both are given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mcubench.codegen.graph import Graph, Operator, Tensor
from mcubench.inspect.sizes import tensor_bytes

__all__ = ["Count", "Totals", "count_operators", "total"]

SOFTMAX_PER_CLASS = 15
RELUS = ("RELU", "RELU6", "RELU_N1_TO_1", "RELU_0_TO_1", "LEAKY_RELU", "PRELU")
# What moves or converts values and computes nothing that either count knows.
FREE = frozenset(
    (
        *(
            "CONCATENATION",
            "DEQUANTIZE",
            "EXPAND_DIMS",
            "PACK",
            "PAD",
            "PADV2",
            "QUANTIZE",
            "RESHAPE",
            "SHAPE",
            "SLICE",
        ),
        *("SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TRANSPOSE", "UNPACK", "RESIZE_NEAREST_NEIGHBOR"),
    )
)
# Operators whose integer constants are biases; those of all others are shapes, axes and the like.
BIASED = frozenset(
    (
        *("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "SVDF", "TRANSPOSE_CONV"),
        "UNIDIRECTIONAL_SEQUENCE_LSTM",
    )
)
SHAPES = ("int32", "int64")


@dataclass(frozen=True)
class Count:
    """One operator: its parameters, their bytes in the file, MACs, and ST's count without and with dense biases.

    None where a count has no rule for the operator.
    """

    index: int
    op: str
    parameters: int
    weight_bytes: int
    macs: int | None
    macc: int | None
    macc_dense_biases: int | None


@dataclass(frozen=True)
class Totals:
    """The sums over a model. None if there is an operator that the count has no rule for."""

    parameters: int
    weight_bytes: int
    macs: int | None
    macc: int | None
    macc_dense_biases: int | None


def count_operators(graph: Graph) -> list[Count]:
    """Return the counts of a model's operators, in order; a constant that several share counts at the first."""
    counted: set[int] = set()
    return [_count(graph, operator, counted) for operator in graph.operators]


def total(counts: Sequence[Count]) -> Totals:
    """Return the sums over operators."""
    return Totals(
        parameters=sum(count.parameters for count in counts),
        weight_bytes=sum(count.weight_bytes for count in counts),
        macs=_sum([count.macs for count in counts]),
        macc=_sum([count.macc for count in counts]),
        macc_dense_biases=_sum([count.macc_dense_biases for count in counts]),
    )


def _count(graph: Graph, operator: Operator, counted: set[int]) -> Count:
    constants = [tensor for tensor in _inputs(graph, operator) if _is_parameter(operator, tensor)]
    new = [tensor for tensor in constants if tensor.index not in counted]
    counted.update(tensor.index for tensor in new)
    macs = _macs(graph, operator)
    macc = _macc(graph, operator, macs)
    biases = _biases(graph, operator) if operator.name == "FULLY_CONNECTED" else 0
    return Count(
        index=operator.index,
        op=operator.name,
        parameters=sum(tensor.elements for tensor in new),
        weight_bytes=sum(tensor_bytes(tensor) for tensor in new),
        macs=macs,
        macc=macc,
        macc_dense_biases=None if macc is None else macc + biases,
    )


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def _inputs(graph: Graph, operator: Operator) -> list[Tensor]:
    return [graph.tensors[index] for index in operator.inputs if index >= 0]


def _is_parameter(operator: Operator, tensor: Tensor) -> bool:
    return tensor.data is not None and (tensor.type not in SHAPES or operator.name in BIASED)


def _macs(graph: Graph, operator: Operator) -> int | None:
    rule = _MAC_RULES.get(operator.name)
    if rule is None:
        return None if operator.name.startswith(("CUSTOM", "builtin")) else 0
    return rule(graph, operator)


def _macc(graph: Graph, operator: Operator, macs: int | None) -> int | None:
    outputs = graph.tensors[operator.outputs[0]].elements if operator.outputs else 0
    relu = outputs if operator.options.activation in RELUS else 0
    if operator.name in FREE:
        return 0
    if operator.name in ("CONV_2D", "DEPTHWISE_CONV_2D"):
        return None if macs is None else macs + _biases(graph, operator) + relu
    if operator.name == "FULLY_CONNECTED":
        return None if macs is None else macs + relu
    if operator.name in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
        return outputs * operator.options.kernel_height * operator.options.kernel_width + relu
    if operator.name == "SOFTMAX":
        return outputs * SOFTMAX_PER_CLASS
    return outputs if operator.name in RELUS else None


def _weights(graph: Graph, operator: Operator) -> Tensor | None:
    index = operator.inputs[1] if len(operator.inputs) > 1 else -1
    return graph.tensors[index] if index >= 0 else None


def _biases(graph: Graph, operator: Operator) -> int:
    index = operator.inputs[2] if len(operator.inputs) > 2 else -1
    return graph.tensors[index].elements if index >= 0 else 0


def _output_elements(graph: Graph, operator: Operator) -> int:
    return graph.tensors[operator.outputs[0]].elements if operator.outputs else 0


def _convolution_macs(graph: Graph, operator: Operator) -> int | None:
    weights = _weights(graph, operator)
    return None if weights is None else _output_elements(graph, operator) * math.prod(weights.shape[1:])


def _depthwise_macs(graph: Graph, operator: Operator) -> int | None:
    weights = _weights(graph, operator)
    return None if weights is None else _output_elements(graph, operator) * math.prod(weights.shape[1:3])


def _dense_macs(graph: Graph, operator: Operator) -> int | None:
    weights = _weights(graph, operator)
    return None if weights is None or not weights.shape else _output_elements(graph, operator) * weights.shape[-1]


def _transposed_macs(graph: Graph, operator: Operator) -> int | None:
    """Each input value meets every weight of its channel; input 0 is the output's shape, input 2 the values."""
    weights = _weights(graph, operator)
    index = operator.inputs[2] if len(operator.inputs) > 2 else -1
    if weights is None or index < 0:
        return None
    return graph.tensors[index].elements * math.prod(weights.shape[:3])


def _svdf_macs(graph: Graph, operator: Operator) -> int | None:
    """Features by input for the newest column, then features by memory in time."""
    tensors = _inputs(graph, operator)
    if len(tensors) < 3:
        return None
    return tensors[1].elements + tensors[2].elements


def _lstm_macs(graph: Graph, operator: Operator) -> int | None:
    """Every matrix of the gates (inputs 1 to 8 of the operator), and of the projection, once per step."""
    if len(operator.inputs) < 9:
        return None
    steps = graph.tensors[operator.inputs[0]].shape
    if len(steps) != 3:
        return None
    time = steps[0] if operator.options.time_major else steps[1]
    projection = operator.inputs[16:17]
    matrices = [graph.tensors[index] for index in (*operator.inputs[1:9], *projection) if index >= 0]
    return time * sum(matrix.elements for matrix in matrices)


_MAC_RULES: dict[str, Callable[[Graph, Operator], int | None]] = {
    "CONV_2D": _convolution_macs,
    "DEPTHWISE_CONV_2D": _depthwise_macs,
    "FULLY_CONNECTED": _dense_macs,
    "SVDF": _svdf_macs,
    "TRANSPOSE_CONV": _transposed_macs,
    "UNIDIRECTIONAL_SEQUENCE_LSTM": _lstm_macs,
}
