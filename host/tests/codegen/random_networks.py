"""Random networks out of the operations of random_ops_*.py (see random_graphs.py)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
from random_graphs import MAX_ELEMENTS, OPERATIONS, Array, Live, RandomGraph

__all__ = ["RandomNetwork", "random_network"]

# In the order of their names, so that a seed means the same everywhere.
for _path in sorted(Path(__file__).parent.glob("random_ops_*.py")):
    import_module(_path.stem)

_KINDS = (*["int8"] * 5, *["int16"] * 2, *["float32"] * 3, "uint8", "int32")
_MAX_OPERATORS = 10
# How often the output is what the last operator wrote, and not a tensor somewhere in the network.
_LAST = 0.7


@dataclass(frozen=True)
class RandomNetwork:
    """A network that is ready: those operators of a graph, and the index of the output tensor."""

    seed: int
    graph: RandomGraph
    output: int
    kept: tuple[int, ...]

    @property
    def data(self) -> bytes:
        """The .tflite file."""
        return self.graph.build(self.output, self.kept)

    @property
    def operators(self) -> list[str]:
        return [self.graph.model.operators[index].name for index in self.kept]

    @property
    def chain(self) -> str:
        """One line per operator with the tensors it reads and writes, e.g. "0:int8[1,4] > SOFTMAX > 1:int8[1,4]"."""
        names = {tensor.index: _describe(tensor) for tensor in self.graph.live}
        operators = [self.graph.model.operators[index] for index in self.kept]
        steps = [
            f"{' + '.join(names[index] for index in operator.inputs if index in names)} > {operator.name} > "
            f"{' + '.join(names[index] for index in operator.outputs)}"
            for operator in operators
        ]
        return "\n".join([f"input {names[self.graph.live[0].index]}", *steps, f"output {names[self.output]}"])

    def reduced(self, output: int) -> RandomNetwork:
        """Return the operators that lead to one tensor, with it as output."""
        needed = {output}
        kept = []
        for index in reversed(self.kept):
            operator = self.graph.model.operators[index]
            if not needed.isdisjoint(operator.outputs):
                needed.update(operator.inputs)
                kept.append(index)
        return replace(self, output=output, kept=tuple(reversed(kept)))

    def without_one(self) -> list[RandomNetwork]:
        """Return the networks that lack one operator which no other depends on.

        Without the one that writes the output, one of the tensors it read is the output.
        """
        operators = self.graph.model.operators
        written = {tensor for index in self.kept for tensor in operators[index].outputs}
        smaller = []
        for index in self.kept:
            kept = tuple(other for other in self.kept if other != index)
            read = {tensor for other in kept for tensor in operators[other].inputs}
            if read.isdisjoint(operators[index].outputs):
                is_last = self.output in operators[index].outputs
                outputs = written.intersection(operators[index].inputs) if is_last else {self.output}
                smaller += [replace(self, kept=kept, output=output) for output in sorted(outputs)]
        return smaller

    def inputs(self, count: int) -> Array:
        """Return random vectors, shape (count, *input shape); integers cover their whole range."""
        rng = np.random.default_rng(self.seed)
        first = self.graph.live[0]
        shape = (count, *first.shape)
        if first.kind == "float32":
            return rng.normal(0.0, 2.0, shape).astype(np.float32)
        limits = np.iinfo(first.kind)
        return rng.integers(limits.min, limits.max, shape, dtype=first.kind, endpoint=True)


def random_network(seed: int) -> RandomNetwork:
    """Return a network of some operators that read any tensor there is: branches, joins, and types side by side."""
    graph = RandomGraph(np.random.default_rng(seed))
    rng = graph.rng
    kind = str(rng.choice(_KINDS))
    graph.live.append(graph.tensor(_random_shape(rng), kind, exact=True))
    for _ in range(int(rng.integers(1, _MAX_OPERATORS + 1))):
        _append_any(graph)
    written = graph.live[1:]
    output = written[-1] if rng.random() < _LAST else written[int(rng.integers(len(written)))]
    return RandomNetwork(seed, graph, output.index, tuple(range(len(graph.model.operators))))


def _random_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Return the shape of an image, mostly; of a row or a few rows else."""
    if rng.random() < 0.75:
        return 1, int(rng.integers(3, 15)), int(rng.integers(3, 15)), int(rng.choice([1, 2, 3, 4, 8, 12]))
    rows = rng.integers(1, 6, int(rng.integers(1, 4))).tolist()
    return (*rows, int(rng.integers(1, 33)))


def _append_any(graph: RandomGraph) -> None:
    """Append one operator, of the operations that find a tensor to work on; each family is as likely as another."""
    for family in graph.rng.permutation(sorted(OPERATIONS)):
        operations = OPERATIONS[family]
        for index in graph.rng.permutation(len(operations)):
            if operations[index](graph):
                assert max(tensor.elements for tensor in graph.live) <= MAX_ELEMENTS, operations[index].__name__
                return
    raise AssertionError("no operation can go on; there is one for every type and shape")


def _describe(tensor: Live) -> str:
    return f"{tensor.index}:{tensor.kind}[{','.join(map(str, tensor.shape))}]"
