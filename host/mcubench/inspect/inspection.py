"""All that can be said of a model without running it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from mcubench.codegen import Program, compile_model
from mcubench.codegen.graph import Graph, Operator, Tensor
from mcubench.codegen.reader import read_graph
from mcubench.codegen.source import Source
from mcubench.codegen.tflm_operators import resolver_methods
from mcubench.errors import InputError
from mcubench.inspect.counts import Count, Totals, count_operators, total
from mcubench.inspect.memory import MemoryPlan, plan_of_graph, plan_of_program
from mcubench.inspect.sizes import tensor_bytes

__all__ = ["Inspection", "inspect_model"]


@dataclass(frozen=True)
class Inspection:
    """A model's graph, counts and memory plan; `obstacles` are why an engine cannot run it, None if it can."""

    source: Source
    graph: Graph
    counts: tuple[Count, ...]
    totals: Totals
    plan: MemoryPlan
    constant_bytes: int | None
    obstacles: dict[str, str | None]

    @property
    def input(self) -> Tensor:
        return self.graph.tensors[self.graph.input]

    @property
    def output(self) -> Tensor:
        return self.graph.tensors[self.graph.output]

    @property
    def peak_operator(self) -> Operator:
        """The operator during which most of the arena is in use."""
        return self.graph.operators[self.plan.fullest]

    @property
    def peak_activation_bytes(self) -> int:
        """Bytes of the tensors that are alive at the operator with most of them, scratch memory left out."""
        return max(plan_of_graph(self.graph).used_bytes)

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON knows it; null where a count has no rule, or an engine no plan."""
        return {
            "name": self.source.name,
            "file": str(self.source.file),
            "sha256": self.source.sha256,
            "file_bytes": len(self.source.data),
            "input": _tensor_dict(self.input),
            "output": _tensor_dict(self.output),
            **asdict(self.totals),
            "constant_bytes": self.constant_bytes,
            "peak_activation_bytes": self.peak_activation_bytes,
            "arena_bytes": self.plan.arena_bytes if self.plan.engine else None,
            "engines": {engine: {"runs": why is None, "why": why} for engine, why in self.obstacles.items()},
            "operators": [self._operator_dict(operator) for operator in self.graph.operators],
            "plan": {"engine": self.plan.engine, "buffers": [_placement_dict(each) for each in self.plan.placements]},
        }

    def _operator_dict(self, operator: Operator) -> dict[str, Any]:
        tensors = self.graph.tensors
        return {
            **asdict(self.counts[operator.index]),
            "version": operator.version,
            "activation": operator.options.activation,
            "inputs": [_tensor_dict(tensors[index]) for index in operator.inputs if index >= 0],
            "outputs": [_tensor_dict(tensors[index]) for index in operator.outputs if index >= 0],
        }


def inspect_model(source: Source) -> Inspection:
    """Return what is in a .tflite file; InputError if it is none, or damaged."""
    try:
        graph = read_graph(source.data)
    except InputError as exc:
        raise InputError(f"{source.file}: {exc}") from exc
    counts = count_operators(graph)
    program, obstacle = _compile(source)
    return Inspection(
        source=source,
        graph=graph,
        counts=tuple(counts),
        totals=total(counts),
        plan=plan_of_program(program) if program else plan_of_graph(graph),
        constant_bytes=program.constant_bytes if program else None,
        obstacles={"generated": obstacle, "tflm": _tflm_obstacle(graph)},
    )


def _compile(source: Source) -> tuple[Program | None, str | None]:
    try:
        return compile_model(source.name, source.data), None
    except InputError as exc:
        return None, str(exc)


def _tflm_obstacle(graph: Graph) -> str | None:
    try:
        resolver_methods(graph)
    except InputError as exc:
        return str(exc)
    return None


def _tensor_dict(tensor: Tensor) -> dict[str, Any]:
    quantization = tensor.quantization
    return {
        "tensor": tensor.index,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "bytes": tensor_bytes(tensor),
        "constant": tensor.data is not None,
        "scales": len(quantization.scales) if quantization else 0,
    }


def _placement_dict(placement: Any) -> dict[str, Any]:
    buffer = placement.buffer
    return {
        "name": buffer.name,
        "offset": placement.offset,
        "bytes": buffer.size,
        "first_operator": max(buffer.first, 0),
        "last_operator": buffer.last,
    }
