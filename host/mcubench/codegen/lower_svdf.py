"""SVDF as a kernel call (google-ai-edge/LiteRT, tflite/kernels/svdf.cc)."""

from __future__ import annotations

import numpy as np

from mcubench.codegen.fixedpoint import activation_range_f32
from mcubench.codegen.graph import Array
from mcubench.codegen.layer import Field, Layer, Weights
from mcubench.codegen.recurrent import constant, multiplier, optional_constant, recurrent_layer, scale_of, state
from mcubench.codegen.site import Site

__all__ = ["lower_svdf"]

_TIMES, _BIAS, _STATE = 2, 3, 4
# Types of the weights over time, the bias and the state by that of the input. Only TFLM knows an int8 state.
_TYPES = {"int8": ("int16", "int32", "int16"), "float32": ("float32", "float32", "float32")}


def lower_svdf(site: Site) -> Layer:
    """Return the kernel call of an SVDF."""
    site.check_counts((5,))
    kind, _ = site.check_types(("int8", "int8"), ("float32", "float32"))
    times_type, bias_type, state_type = _TYPES[kind]
    features = site.weights(kind, 2)
    filters, inputs = features.shape
    rank, memory = site.options.rank, site.operand(_TIMES).shape[-1]
    if rank < 1 or filters % rank:
        raise site.error(f"has {filters} filters of rank {rank}")
    units = filters // rank
    if (site.input.shape, site.output.shape) != ((1, inputs), (1, units)):
        raise site.error(
            f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}, "
            f"expected [1, {inputs}] to [1, {units}]"
        )
    times = constant(site, _TIMES, times_type, (filters, memory), "weights over time")
    parameters: dict[str, Field] = {
        "features": Weights(features),
        "times": Weights(times),
        "bias": Weights(optional_constant(site, _BIAS, bias_type, units, "a bias")),
        "units": units,
        "rank": rank,
        "inputs": inputs,
        "memory": memory,
    }
    remembered = state(site, _STATE, state_type, filters * memory)
    if kind == "int8":
        parameters |= _scaling(site, features)
    else:
        low, high = activation_range_f32(site.activation)
        parameters |= {"min": low, "max": high}
    macs = filters * (inputs + memory)
    weights = macs + (units if site.operator.inputs[_BIAS] >= 0 else 0)
    return recurrent_layer(site, "kernels_svdf", parameters, (remembered,), macs=macs, weights=weights)


def _scaling(site: Site, features: Array) -> dict[str, Field]:
    # The reference kernel wants RELU and then only clamps to the range of int8.
    if site.activation != "RELU":
        raise site.error(f"has the fused activation {site.activation}, in int8 only RELU is defined")
    feature, time, remembered = (
        scale_of(site, position, role)
        for position, role in ((1, "weights"), (_TIMES, "weights over time"), (_STATE, "state"))
    )
    input_scale, input_zero = site.per_tensor(site.input, "input")
    output_scale, output_zero = site.per_tensor(site.output, "output")
    scaling: dict[str, Field] = {
        "offsets": Weights((-input_zero * features.astype(np.int64).sum(axis=1)).astype(np.int32)),
        "output_zero_point": output_zero,
    }
    scaling |= multiplier(site, "feature", input_scale, feature, remembered)
    return scaling | multiplier(site, "output", remembered, time, output_scale)
