"""Which method of TFLM's MicroMutableOpResolver adds which operator.

Source: the builtin operators of tensorflow/lite/micro/micro_mutable_op_resolver.h in TFLM of August 2023 (which is
pio-tflite-lib 1.1.1), all of which TFLM of August 2026 still has. Left out are those for models with several subgraphs
or with resource variables, which no engine here runs: CALL_ONCE, IF, WHILE, VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE.
"""

from __future__ import annotations

from mcubench.codegen.graph import Graph
from mcubench.errors import InputError

__all__ = ["resolver_methods"]

_OPERATORS = """
    ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_TO_SPACE_ND BROADCAST_ARGS BROADCAST_TO CAST CEIL CONCATENATION
    CONV_2D COS CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EMBEDDING_LOOKUP EQUAL EXP EXPAND_DIMS FILL
    FLOOR FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH L2_NORMALIZATION
    L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR LOGISTIC LOG_SOFTMAX MAXIMUM
    MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2 PRELU QUANTIZE REDUCE_MAX RELU RELU6 RESHAPE
    RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR ROUND RSQRT SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND
    SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE
    TRANSPOSE_CONV UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK ZEROS_LIKE
"""
_KNOWN = frozenset(_OPERATORS.split())
# Where the method is not the operator's name in CamelCase.
_IRREGULAR = {
    "AVERAGE_POOL_2D": "AddAveragePool2D",
    "CONV_2D": "AddConv2D",
    "CUMSUM": "AddCumSum",
    "DEPTHWISE_CONV_2D": "AddDepthwiseConv2D",
    "L2_POOL_2D": "AddL2Pool2D",
    "MAX_POOL_2D": "AddMaxPool2D",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}


def resolver_methods(graph: Graph) -> set[str]:
    """Return the methods that add a model's operators; InputError names the first operator that has none."""
    for operator in graph.operators:
        if operator.name not in _KNOWN:
            raise InputError(f"operator {operator.index} ({operator.name}) is not supported by the tflm engine")
    return {_method(operator.name) for operator in graph.operators}


def _method(name: str) -> str:
    return _IRREGULAR.get(name) or "Add" + "".join(word.capitalize() for word in name.split("_"))
