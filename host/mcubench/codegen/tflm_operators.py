"""Which method of TFLM's MicroMutableOpResolver adds which operator."""

from __future__ import annotations

from mcubench.codegen.graph import Graph
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


def resolver_methods(graph: Graph) -> set[str]:
    """Return the methods that add a model's operators; InputError names the first operator that has none."""
    for operator in graph.operators:
        if operator.name not in TFLM_OPERATORS:
            other = "the generated engine has it" if operator.name in GENERATED_OPERATORS else "no engine here has it"
            raise InputError(
                f"operator {operator.index} ({operator.name}) is not supported by the tflm engine; {other}"
            )
    return {_method(operator.name) for operator in graph.operators}


def _method(name: str) -> str:
    return _IRREGULAR.get(name) or "Add" + "".join(word.capitalize() for word in name.split("_"))
