"""The usual layers: one input, one output and one call, or none."""

from __future__ import annotations

from collections.abc import Mapping

from mcubench.codegen.layer import Call, Field, Layer
from mcubench.codegen.site import Site

__all__ = ["C_TYPES", "KERNEL_SUFFIXES", "copy", "one_call"]

# C types of tensors' elements, and what kernels for them are named with.
C_TYPES = {
    "int8": "int8_t",
    "uint8": "uint8_t",
    "int16": "int16_t",
    "int32": "int32_t",
    "int64": "int64_t",
    "float32": "float",
}
KERNEL_SUFFIXES = {"int8": "s8", "int16": "s16", "float32": "f32"}


def one_call(
    site: Site,
    kernel: str,
    parameters: Mapping[str, Field],
    *,
    input_type: str = "",
    output_type: str = "",
    parameters_type: str = "",
    scratch_type: str = "",
    scratch_bytes: int = 0,
    in_place: bool = False,
    macs: int = 0,
    weights: int = 0,
) -> Layer:
    """Return a layer that is one call from `site.input` to `site.output`; C types are those of the tensors."""
    source, target = site.input, site.output
    call = Call(
        kernel=kernel,
        parameters=parameters,
        inputs=(source.index,),
        outputs=(target.index,),
        input_type=input_type or C_TYPES[source.type],
        output_type=output_type or C_TYPES[target.type],
        scratch_type=scratch_type,
        parameters_type=parameters_type,
    )
    return Layer(
        op=site.operator.name,
        inputs=call.inputs,
        outputs=call.outputs,
        calls=(call,),
        scratch_bytes=scratch_bytes,
        in_place=call.inputs if in_place else (),
        macs=macs,
        weights=weights,
    )


def copy(site: Site) -> Layer:
    """Return a layer that copies `site.input` to `site.output`, or does nothing if they can share their memory."""
    source, target = site.input.index, site.output.index
    return Layer(op=site.operator.name, inputs=(source,), outputs=(target,), in_place=(source,))
