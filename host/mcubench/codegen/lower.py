"""Turns a graph into kernel calls, and says which operator cannot be one."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.codegen.graph import Graph
from mcubench.codegen.layer import Layer
from mcubench.codegen.lower_binary import lower_add, lower_extreme, lower_multiply
from mcubench.codegen.lower_conv import lower_conv, lower_depthwise, lower_fully_connected
from mcubench.codegen.lower_lstm import lower_lstm
from mcubench.codegen.lower_parts import (
    lower_concatenation,
    lower_pack,
    lower_slice,
    lower_split,
    lower_split_v,
    lower_unpack,
)
from mcubench.codegen.lower_reduce import lower_largest, lower_mean, lower_sum
from mcubench.codegen.lower_shape import lower_pad, lower_resize_nearest, lower_transpose
from mcubench.codegen.lower_simple import (
    lower_dequantize,
    lower_pool,
    lower_quantize,
    lower_reshape,
    lower_softmax,
)
from mcubench.codegen.lower_strided_slice import lower_strided_slice
from mcubench.codegen.lower_svdf import lower_svdf
from mcubench.codegen.lower_unary import lower_prelu, lower_unary
from mcubench.codegen.operator_names import TFLM_OPERATORS
from mcubench.codegen.site import Site

__all__ = ["GENERATED_OPERATORS", "lower_graph"]

# Newest version of each operator whose options and types are known here (tflite/core/kernels/register.cc of LiteRT).
_LOWERINGS: dict[str, tuple[int, Callable[[Site], Layer]]] = {
    "ABS": (5, lower_unary),
    "ADD": (6, lower_add),
    "AVERAGE_POOL_2D": (3, lower_pool),
    "CONCATENATION": (7, lower_concatenation),
    "CONV_2D": (8, lower_conv),
    "DEPTHWISE_CONV_2D": (7, lower_depthwise),
    "DEQUANTIZE": (9, lower_dequantize),
    "ELU": (1, lower_unary),
    "EXPAND_DIMS": (1, lower_reshape),
    "FULLY_CONNECTED": (14, lower_fully_connected),
    "HARD_SWISH": (1, lower_unary),
    "LEAKY_RELU": (2, lower_unary),
    "LOGISTIC": (3, lower_unary),
    "MAXIMUM": (4, lower_extreme),
    "MAX_POOL_2D": (3, lower_pool),
    "MEAN": (3, lower_mean),
    "MINIMUM": (4, lower_extreme),
    "MUL": (8, lower_multiply),
    "NEG": (1, lower_unary),
    "PACK": (5, lower_pack),
    "PAD": (6, lower_pad),
    "PADV2": (6, lower_pad),
    "PRELU": (1, lower_prelu),
    "QUANTIZE": (6, lower_quantize),
    "REDUCE_MAX": (3, lower_largest),
    "RELU": (3, lower_unary),
    "RELU6": (3, lower_unary),
    "RELU_0_TO_1": (1, lower_unary),
    "RELU_N1_TO_1": (1, lower_unary),
    "RESHAPE": (1, lower_reshape),
    "RESIZE_NEAREST_NEIGHBOR": (4, lower_resize_nearest),
    "SLICE": (8, lower_slice),
    "SOFTMAX": (4, lower_softmax),
    "SPLIT": (5, lower_split),
    "SPLIT_V": (3, lower_split_v),
    "SQUEEZE": (2, lower_reshape),
    "STRIDED_SLICE": (8, lower_strided_slice),
    "SUB": (5, lower_add),
    "SUM": (2, lower_sum),
    "TANH": (3, lower_unary),
    "SVDF": (4, lower_svdf),
    "TRANSPOSE": (9, lower_transpose),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": (4, lower_lstm),
    "UNPACK": (6, lower_unpack),
}
GENERATED_OPERATORS = frozenset(_LOWERINGS)


def lower_graph(graph: Graph) -> list[Layer]:
    """Return one layer per operator, in order.

    Raises InputError that names the first operator which the generated engine cannot run, with its index.
    """
    layers = []
    written = {graph.input}
    for operator in graph.operators:
        site = Site(graph, operator)
        newest, lowering = _LOWERINGS.get(operator.name, (0, None))
        if lowering is None:
            other = "the tflm engine has it" if operator.name in TFLM_OPERATORS else "no engine here has it"
            raise site.error(f"is not supported by the generated engine; {other}")
        if operator.version > newest:
            raise site.error(f"has version {operator.version}, the generated engine supports up to {newest}")
        layer = lowering(site)
        # The reader made sure of all other tensors (check.py).
        if not written.issuperset(layer.inputs):
            raise site.error("reads a variable, which the generated engine has in recurrent operators only")
        written.update(layer.outputs)
        layers.append(layer)
    return layers
