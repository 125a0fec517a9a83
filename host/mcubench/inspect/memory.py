"""The memory plan of a model: which buffer lies where in the arena, while which operators run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.codegen import Placement, plan_bytes, plan_memory
from mcubench.codegen.graph import Graph
from mcubench.codegen.planner import Buffer
from mcubench.codegen.program import Program
from mcubench.inspect.sizes import tensor_bytes

__all__ = ["MemoryPlan", "plan_of_graph", "plan_of_program"]


@dataclass(frozen=True)
class MemoryPlan:
    """Where each buffer lies, over `operators` operators; `engine` is whose plan it is, None for no engine's."""

    engine: str | None
    operators: int
    placements: tuple[Placement, ...]

    @property
    def arena_bytes(self) -> int:
        return plan_bytes(self.placements)

    @property
    def used_bytes(self) -> list[int]:
        """Bytes of the arena that are in use while each operator runs; buffers that share memory count once."""
        return [_covered(self._alive(operator)) for operator in range(self.operators)]

    @property
    def fullest(self) -> int:
        """The operator that uses most."""
        used = self.used_bytes
        return used.index(max(used))

    def _alive(self, operator: int) -> list[Placement]:
        return [each for each in self.placements if each.buffer.first <= operator <= each.buffer.last]


def plan_of_program(program: Program) -> MemoryPlan:
    """Return the plan of the generated engine."""
    return MemoryPlan("generated", len(program.layers), program.plan)


def plan_of_graph(graph: Graph) -> MemoryPlan:
    """Return a plan of the activation tensors alone, for models that the generated engine cannot run."""
    written = {index for operator in graph.operators for index in operator.outputs if index >= 0}
    variables = {tensor.index for tensor in graph.tensors if tensor.variable}
    last = len(graph.operators)
    buffers = []
    for index in sorted({graph.input} | written | variables):
        uses = [op.index for op in graph.operators if index in (*op.inputs, *op.outputs)]
        first = -1 if index == graph.input or index in variables else min(uses)
        end = last if index == graph.output or index in variables else max(uses, default=first)
        buffers.append(Buffer(f"tensor {index}", tensor_bytes(graph.tensors[index]), first, end))
    return MemoryPlan(None, last, tuple(plan_memory([[buffer] for buffer in buffers])))


def _covered(placements: Sequence[Placement]) -> int:
    """Return how many bytes lie in at least one of the placements."""
    covered = end = 0
    for placement in sorted(placements, key=lambda each: each.offset):
        covered += max(0, placement.end - max(end, placement.offset))
        end = max(end, placement.end)
    return covered
