"""Which method of TFLM's MicroMutableOpResolver adds which operator."""

from __future__ import annotations

from mcubench.codegen.graph import Graph, Operator
from mcubench.codegen.lower import GENERATED_OPERATORS
from mcubench.codegen.operator_names import TFLM_OPERATORS
from mcubench.errors import InputError

__all__ = ["resolver_methods"]

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
# tensorflow/tflite-micro, tensorflow/lite/micro/kernels: dequantize_common.cc, DequantizePrepare; conv_common.cc:
# "Hybrid models are not supported on TFLite Micro.", and alike in the other two.
_DEQUANTIZED = ("int8", "int16", "uint8")
_WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")


def resolver_methods(graph: Graph) -> set[str]:
    """Return the methods that add a model's operators; InputError names the first operator that has none."""
    for operator in graph.operators:
        if operator.name not in TFLM_OPERATORS:
            other = "the generated engine has it" if operator.name in GENERATED_OPERATORS else "no engine here has it"
            raise InputError(
                f"operator {operator.index} ({operator.name}) is not supported by the tflm engine; {other}"
            )
        _check_types(graph, operator)
    return {_method(operator.name) for operator in graph.operators}


def _check_types(graph: Graph, operator: Operator) -> None:
    """InputError for the two ways of converters to make float models smaller, which TFLM's kernels refuse."""
    types = [graph.tensors[index].type for index in operator.inputs if index >= 0]
    if operator.name == "DEQUANTIZE" and types and types[0] not in _DEQUANTIZED:
        what = f"is of {types[0]}"
    elif operator.name in _WEIGHTED and types[:2] == ["float32", "int8"]:
        what = "has int8 weights for float32 inputs (dynamic range quantisation)"
    else:
        return
    raise InputError(
        f"operator {operator.index} ({operator.name}) {what}, which the tflm engine does not support;"
        " convert the model to float32, or to int8 throughout"
    )


def _method(name: str) -> str:
    return _IRREGULAR.get(name) or "Add" + "".join(word.capitalize() for word in name.split("_"))
