"""Whether the parts of a model fit together: what is true of every good file, whichever engine is to run it."""

from __future__ import annotations

from mcubench.codegen.graph import Graph, Operator, Tensor
from mcubench.errors import InputError

__all__ = ["check_graph"]

# All constants that operators read, each as often as it is read, in elements. No microcontroller has memory for more.
_MAX_CONSTANTS = 1 << 26


def check_graph(graph: Graph) -> None:
    """Raise InputError, in one line, at the first operator or tensor that makes no sense.

    Sizes must be fixed and above zero. Every input of an operator must be the model's, a constant, a variable, or what
    an operator before it wrote; and nothing is written twice.
    """
    for index, role in ((graph.input, "input"), (graph.output, "output")):
        _check_size(graph.tensors[index], f"the model's {role}, tensor {index},")
    if graph.tensors[graph.input].data is not None:
        raise InputError(f"the model's input, tensor {graph.input}, is a constant")
    written = {graph.input}
    constants = 0
    for operator in graph.operators:
        constants += _check_inputs(graph, operator, written)
        _check_outputs(graph, operator, written)
        for index in operator.intermediates:
            _tensor(graph, operator, index)
    if constants > _MAX_CONSTANTS:
        raise InputError(f"the operators read {constants} values of constants, expected at most {_MAX_CONSTANTS}")
    if graph.output not in written:
        raise InputError(f"the model's output, tensor {graph.output}, is never written")


def _check_inputs(graph: Graph, operator: Operator, written: set[int]) -> int:
    """Return the elements of an operator's constants."""
    constants = 0
    for index in operator.inputs:
        if index == -1:  # an optional input that is absent
            continue
        tensor = _tensor(graph, operator, index)
        if tensor.data is not None:
            constants += tensor.data.size
        elif index not in written and not tensor.variable:
            raise _error(operator, f"reads tensor {index}, which has no data in the file and nothing before it writes")
    return constants


def _check_outputs(graph: Graph, operator: Operator, written: set[int]) -> None:
    for index in operator.outputs:
        tensor = _tensor(graph, operator, index)
        if tensor.data is not None:
            raise _error(operator, f"writes tensor {index}, which is a constant")
        if index in written:
            raise _error(operator, f"writes tensor {index}, which is the model's input or was written before")
        _check_size(tensor, f"operator {operator.index} ({operator.name}) writes tensor {index}, which")
        written.add(index)


def _tensor(graph: Graph, operator: Operator, index: int) -> Tensor:
    if not 0 <= index < len(graph.tensors):
        raise _error(operator, f"uses tensor {index}, but there are {len(graph.tensors)} tensors")
    return graph.tensors[index]


def _check_size(tensor: Tensor, what: str) -> None:
    if min(tensor.shape, default=1) < 1:
        raise InputError(f"{what} has the shape {list(tensor.shape)}, expected fixed sizes of 1 and more")


def _error(operator: Operator, problem: str) -> InputError:
    return InputError(f"operator {operator.index} ({operator.name}) {problem}")
