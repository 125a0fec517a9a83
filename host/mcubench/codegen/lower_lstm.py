"""UNIDIRECTIONAL_SEQUENCE_LSTM as a kernel call.

The arithmetic is that of google-ai-edge/LiteRT, tflite/kernels/unidirectional_sequence_lstm.cc and lstm_eval.cc.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from mcubench.codegen.layer import Field, Layer, Weights
from mcubench.codegen.recurrent import constant, multiplier, recurrent_layer, scale_of, state
from mcubench.codegen.site import Site

__all__ = ["lower_lstm"]

# Where the inputs of each gate are: weights of the input, of the output before it, and the bias.
_GATES = {"input": (1, 5, 12), "forget": (2, 6, 13), "cell": (3, 7, 14), "output": (4, 8, 15)}
_HIDDEN, _CELLS = 18, 19
_BASIC_INPUTS, _ALL_INPUTS = 20, 24
# Variants that TensorFlow Lite has beside the basic one, and the inputs that make them.
_VARIANTS = {"peepholes": (9, 10, 11), "a projection": (16, 17), "layer normalisation": (20, 21, 22, 23)}
# The sums that gates are functions of, in an LSTM without layer normalisation.
_GATE_SCALE = 2.0**-12
# Between these the cell's scale may lie for the reference kernel's tanh.
_CELL_INTEGER_BITS = range(7)
_HIDDEN_INTERMEDIATE = 4


def lower_lstm(site: Site) -> Layer:
    """Return the kernel call of an LSTM without peepholes, projection or layer normalisation."""
    site.check_counts((_BASIC_INPUTS, _ALL_INPUTS))
    kind, _ = site.check_types(("int8", "int8"), ("float32", "float32"))
    _check_variant(site)
    units, inputs = site.operand(_GATES["forget"][0]).shape[0], site.input.shape[-1]
    steps = site.input.elements // inputs
    shapes = ((1, steps, inputs), (1, steps, units))
    if site.options.time_major:
        shapes = ((steps, 1, inputs), (steps, 1, units))
    if (site.input.shape, site.output.shape) != shapes:
        raise site.error(
            f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}, "
            f"expected {list(shapes[0])} to {list(shapes[1])}"
        )
    hidden = state(site, _HIDDEN, kind, units)
    cells = state(site, _CELLS, "int16" if kind == "int8" else kind, units)
    parameters: dict[str, Field] = {
        gate: (_integer_gate if kind == "int8" else _real_gate)(site, gate, inputs, units) for gate in _GATES
    }
    parameters |= {"steps": steps, "inputs": inputs, "units": units}
    parameters |= _integer_cell(site) if kind == "int8" else {"cell_clip": float(site.options.cell_clip)}
    matrices = len(_GATES) * units * (inputs + units)
    weights = matrices + len(_GATES) * units
    return recurrent_layer(site, "kernels_lstm", parameters, (hidden, cells), macs=steps * matrices, weights=weights)


def _check_variant(site: Site) -> None:
    present = {position for position, index in enumerate(site.operator.inputs) if index >= 0}
    for variant, positions in _VARIANTS.items():
        if present.intersection(positions):
            raise site.error(f"has {variant}, which the generated engine does not support")
    if not present.issuperset(_GATES["input"][:2]):
        raise site.error("has no input gate, which the generated engine needs")
    if site.options.activation != "TANH":
        raise site.error(f"has the activation {site.options.activation}, the generated engine supports TANH")
    if not 0.0 <= site.options.cell_clip < math.inf:
        raise site.error(f"clips its cells at {site.options.cell_clip:g}, expected a number from 0 on")


def _real_gate(site: Site, gate: str, inputs: int, units: int) -> Mapping[str, Field]:
    of_input, of_hidden, bias = _GATES[gate]
    return {
        "input_weights": Weights(constant(site, of_input, "float32", (units, inputs), "input weights")),
        "recurrent_weights": Weights(constant(site, of_hidden, "float32", (units, units), "recurrent weights")),
        "bias": Weights(constant(site, bias, "float32", (units,), "a bias")),
    }


def _integer_gate(site: Site, gate: str, inputs: int, units: int) -> Mapping[str, Field]:
    of_input, of_hidden, bias = _GATES[gate]
    members: dict[str, Field] = {}
    for name, source, position, width in (
        ("input", 0, of_input, inputs),
        ("recurrent", _HIDDEN, of_hidden, units),
    ):
        weights = constant(site, position, "int8", (units, width), f"{name} weights")
        scale, zero_point = site.per_tensor(site.operand(source), "input or state")
        offsets = -zero_point * weights.astype(np.int64).sum(axis=1)
        if name == "input":
            offsets += constant(site, bias, "int32", (units,), "a bias")
        members |= {f"{name}_weights": Weights(weights), f"{name}_offsets": Weights(offsets.astype(np.int32))}
        members |= multiplier(site, name, scale, scale_of(site, position, f"{name} weights"), _GATE_SCALE)
    return members


def _integer_cell(site: Site) -> dict[str, Field]:
    """Return what leads from the gates to the state and the output."""
    graph, operator = site.graph, site.operator
    cell_scale = scale_of(site, _CELLS, "cell state")
    exponent = round(math.log2(cell_scale))
    if abs(math.log2(cell_scale) - exponent) >= 1e-3 or exponent + 15 not in _CELL_INTEGER_BITS:
        raise site.error(f"has a cell state of scale {cell_scale:g}, expected a power of two from 2^-15 to 2^-9")
    if len(operator.intermediates) <= _HIDDEN_INTERMEDIATE:
        raise site.error("has no intermediate tensor with the scale of its output")
    hidden = graph.tensors[operator.intermediates[_HIDDEN_INTERMEDIATE]]
    scale, zero_point = site.per_tensor(hidden, "intermediate")
    with np.errstate(over="ignore"):
        clip = np.float32(site.options.cell_clip) / np.float32(cell_scale)
    cell: dict[str, Field] = {
        "cell_integer_bits": exponent + 15,
        "cell_clip": int(min(clip, np.float32(np.iinfo(np.int16).max))),
        "hidden_zero_point": zero_point,
    }
    return cell | multiplier(site, "hidden", 2.0**-15, 2.0**-15, scale)
