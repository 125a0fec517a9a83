"""A model ready to be written as C: kernel calls, and where each of their buffers lies."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from mcubench.codegen.graph import Graph, Tensor
from mcubench.codegen.layer import Layer, flash_arrays
from mcubench.codegen.lower import lower_graph
from mcubench.codegen.output import check_ends
from mcubench.codegen.planner import Buffer, Placement, plan_bytes, plan_memory
from mcubench.codegen.reader import read_graph

__all__ = ["Program", "compile_model"]


@dataclass(frozen=True)
class Program:
    """A compiled model. `tensor_offsets` and `scratch_offsets` are in bytes from the start of the arena.

    `states` are the tensors that an inference starts with, each with the byte its memory is filled with first.
    """

    name: str
    sha256: str
    tensors: tuple[Tensor, ...]
    input: Tensor
    output: Tensor
    layers: tuple[Layer, ...]
    states: dict[int, int]
    plan: tuple[Placement, ...]
    tensor_offsets: dict[int, int]
    scratch_offsets: dict[int, int]

    @property
    def arena_bytes(self) -> int:
        """Working memory, a multiple of 8 bytes."""
        return -(-plan_bytes(self.plan) // 8) * 8

    def runs(self, layer: Layer) -> bool:
        """False if there is nothing to do because a copy's input and output share their memory."""
        return bool(layer.calls) or self.tensor_offsets[layer.inputs[0]] != self.tensor_offsets[layer.outputs[0]]

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return sum(layer.weights for layer in self.layers)

    @property
    def constant_bytes(self) -> int:
        """Flash that weights, biases and scaling factors take; those that several layers share count once."""
        calls = [call for layer in self.layers for call in layer.calls]
        arrays = {array.content: array for call in calls for _, array in flash_arrays("", call.parameters)}
        return sum(array.bytes for array in arrays.values())


def compile_model(name: str, data: bytes) -> Program:
    """Return the program of a model in the bytes of a .tflite file; InputError if the engine cannot run it."""
    graph = read_graph(data)
    check_ends(graph)
    layers = lower_graph(graph)
    states = {tensor: value for layer in layers for tensor, value in layer.states.items()}
    buffers = {tensor: _tensor_buffer(graph, layers, tensor) for tensor in _activations(graph, layers)}
    buffers |= {tensor: _state_buffer(graph, layers, tensor) for tensor in states}
    scratch = {
        index: Buffer(f"scratch {index}", layer.scratch_bytes, index, index)
        for index, layer in enumerate(layers)
        if layer.scratch_bytes
    }
    chains = [[buffers[tensor] for tensor in chain] for chain in _chains(graph, layers)]
    alone = [*scratch.values(), *(buffers[tensor] for tensor in states)]
    plan = plan_memory([*chains, *([buffer] for buffer in alone)])
    offsets = {placement.buffer: placement.offset for placement in plan}
    return Program(
        name=name,
        sha256=hashlib.sha256(data).hexdigest(),
        tensors=graph.tensors,
        input=graph.tensors[graph.input],
        output=graph.tensors[graph.output],
        layers=tuple(layers),
        states=states,
        plan=tuple(plan),
        tensor_offsets={tensor: offsets[buffer] for tensor, buffer in buffers.items()},
        scratch_offsets={index: offsets[buffer] for index, buffer in scratch.items()},
    )


def _activations(graph: Graph, layers: Sequence[Layer]) -> list[int]:
    return [graph.input, *(tensor for layer in layers for tensor in layer.outputs)]


def _chains(graph: Graph, layers: Sequence[Layer]) -> list[list[int]]:
    """Return the activation tensors in chains, each of which has one address.

    A tensor has the values of the one before it under another shape, which is nothing to do, or overwrites them when
    nobody reads them any more, under any shape.
    """
    chains = [[graph.input]]
    views = {graph.input: {graph.input}}
    for index, layer in enumerate(layers):
        read_later = {tensor for later in layers[index + 1 :] for tensor in later.inputs} | {graph.output}
        shared = [
            tensor
            for tensor in layer.in_place
            if not layer.calls or views[tensor].isdisjoint(read_later | {*layer.inputs} - {tensor})
        ][:1]
        views |= {tensor: {tensor} for tensor in layer.outputs}
        first, *others = layer.outputs
        for tensor in shared:
            next(chain for chain in chains if tensor in chain).append(first)
            if not layer.calls:
                views[tensor].add(first)
                views[first] = views[tensor]
        chains += [[tensor] for tensor in (others if shared else layer.outputs)]
    return chains


def _tensor_buffer(graph: Graph, layers: Sequence[Layer], tensor: int) -> Buffer:
    uses = [index for index, layer in enumerate(layers) if tensor in (*layer.inputs, *layer.outputs)]
    first = -1 if tensor == graph.input else min(uses)
    # The output is still there when all operators have run.
    last = len(layers) if tensor == graph.output else max(uses, default=first)
    return Buffer(f"tensor {tensor}", graph.tensors[tensor].bytes, first, last)


def _state_buffer(graph: Graph, layers: Sequence[Layer], tensor: int) -> Buffer:
    """Return memory that is the state's from before the first operator to after the last."""
    return Buffer(f"state {tensor}", graph.tensors[tensor].bytes, -1, len(layers))
