"""What the layers' cycles say, held against their multiply-accumulates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mcubench.codegen.graph import Graph
from mcubench.inspect import Count, count_operators
from mcubench.lint.facts import Core, core_of
from mcubench.lint.finding import Finding
from mcubench.store import Record

__all__ = ["check_layers", "layer_kind"]

# A layer is worth a word if it takes this share of the inference and this many times what it could.
SHARE = 0.05
SLOW = 1.5
# With few input channels, as in first layers, most work is turning sums into outputs; tiny layers are all set-up.
FEW_CHANNELS = 16
FEW_MACS = 2_000
WITHOUT_MACS = 0.2
CONVERSIONS = ("QUANTIZE", "DEQUANTIZE")


def check_layers(record: Record, graph: Graph | None) -> Iterator[Finding]:
    """Layers that are slow for their core, time in layers that multiply nothing, conversions in between.

    `graph` is the model's, None if its file is not at hand.
    """
    if not record.layers or graph is None or not all("cycles" in layer for layer in record.layers):
        return
    cycles = [int(layer["cycles"]) for layer in record.layers]
    if len(cycles) != len(graph.operators):
        return
    counts = count_operators(graph)
    core = core_of(record.core)
    if core is not None and graph.tensors[graph.operators[0].inputs[0]].type == "int8":
        yield from _slow_layers(core, graph, counts, cycles)
    yield from _without_macs(counts, cycles)


def layer_kind(graph: Graph, index: int) -> str | None:
    """Return which of a core's figures an operator is held against; None for those without any."""
    operator = graph.operators[index]
    if operator.name == "FULLY_CONNECTED":
        return "dense"
    if operator.name == "DEPTHWISE_CONV_2D":
        return "depthwise"
    if operator.name != "CONV_2D":
        return None
    _, height, width, channels = graph.tensors[operator.inputs[1]].shape
    if channels < FEW_CHANNELS:
        return None
    return "pointwise" if height == width == 1 else "convolution"


def _slow_layers(core: Core, graph: Graph, counts: Sequence[Count], cycles: Sequence[int]) -> Iterator[Finding]:
    total = sum(cycles)
    for count, spent in zip(counts, cycles, strict=True):
        usual = core.cycles_per_mac.get(layer_kind(graph, count.index) or "")
        if usual is None or not count.macs or count.macs < FEW_MACS or spent < SHARE * total:
            continue
        seen = spent / count.macs
        if seen > SLOW * usual:
            saved = spent - usual * count.macs
            yield Finding(
                "layer",
                f"layer {count.index} ({count.op}): {seen:.1f} cycles per MAC, {spent / total:.0%} of the inference",
                f"such layers take about {usual:g} on this core",
                total / (total - saved),
                "generated engine on the virtual board, docs/speed.md, modelled",
            )


def _without_macs(counts: Sequence[Count], cycles: Sequence[int]) -> Iterator[Finding]:
    total = sum(cycles)
    idle = [(spent, count) for count, spent in zip(counts, cycles, strict=True) if not count.macs]
    share = sum(spent for spent, _ in idle) / total if total else 0.0
    if share > WITHOUT_MACS:
        names = ", ".join(f"{count.index} {count.op}" for spent, count in sorted(idle, key=_spent, reverse=True)[:3])
        yield Finding(
            "no-macs",
            f"{share:.0%} of the cycles are in layers without any MAC (most: {names})",
            "fuse activations, drop reshapes and transposes, pool with strides instead",
            1 / (1 - share),
            "at most, if they cost nothing",
        )
    inner = [count for count in counts[1:-1] if count.op in CONVERSIONS]
    if inner:
        yield Finding(
            "conversions",
            f"{inner[0].op} in the middle of the network (operator {inner[0].index})",
            "quantise the whole network to one type",
        )


def _spent(item: tuple[int, Count]) -> int:
    return item[0]
