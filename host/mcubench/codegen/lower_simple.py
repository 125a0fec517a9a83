"""Pooling, RESHAPE, SOFTMAX, QUANTIZE and DEQUANTIZE as kernel calls."""

from __future__ import annotations

from mcubench.codegen.fixedpoint import activation_range_f32, quantize_multiplier, softmax_scaling
from mcubench.codegen.graph import Tensor
from mcubench.codegen.layer import Field, Layer
from mcubench.codegen.lower_call import C_TYPES, KERNEL_SUFFIXES, copy, one_call
from mcubench.codegen.lower_convert_s16 import (
    RESCALED,
    lower_dequantize_s16,
    lower_quantize_s16,
    lower_rescale,
    lower_softmax_s16,
)
from mcubench.codegen.lower_window import make_window
from mcubench.codegen.rescale import activation_range
from mcubench.codegen.site import Site

__all__ = ["lower_dequantize", "lower_pool", "lower_quantize", "lower_reshape", "lower_softmax"]

_SAME = (("int8", "int8"), ("int16", "int16"), ("float32", "float32"))
_FROM_FLOAT = (("float32", "int8"), ("float32", "uint8"), ("float32", "int16"))
_EIGHT_BIT = (("int8", "int8"), ("uint8", "int8"), ("int8", "uint8"))
_POOLS = {"MAX_POOL_2D": "max_pool", "AVERAGE_POOL_2D": "average_pool"}
# An int8 softmax has this scale (to 0.1 %) and zero point; the reference kernel refuses any other.
_SOFTMAX_SCALE, _SOFTMAX_ZERO_POINT = 1 / 256, -128
# The sum of a row has 12 integer bits.
_SOFTMAX_MAX_DEPTH = 4095


def lower_pool(site: Site) -> Layer:
    """Return the kernel call of a MAX_POOL_2D or AVERAGE_POOL_2D."""
    site.check_counts((1,))
    kind, _ = site.check_types(*_SAME)
    kernel = (site.options.kernel_height, site.options.kernel_width)
    window = make_window(site, kernel, site.input.shape[-1])
    low: float
    high: float
    if kind == "float32":
        low, high = activation_range_f32(site.activation)
    else:
        if site.per_tensor(site.input, "input") != site.per_tensor(site.output, "output"):
            raise site.error("has an input and an output of different scale or zero point")
        low, high = activation_range(site.activation, kind, site.quantization(site.output, "output"))
    suffix = KERNEL_SUFFIXES[kind]
    return one_call(
        site,
        f"kernels_{_POOLS[site.operator.name]}_{suffix}",
        {"window": window.as_fields(), "min": low, "max": high},
        parameters_type=f"kernels_pool_{suffix}_t",
        in_place=not window.padded,
    )


def lower_reshape(site: Site) -> Layer:
    """Return a layer without a kernel for a RESHAPE, EXPAND_DIMS or SQUEEZE: output and input share their memory."""
    site.check_counts((1, 2))
    site.check_types(*((kind, kind) for kind in C_TYPES))
    if site.input.elements != site.output.elements:
        raise site.error(f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}")
    return copy(site)


def lower_softmax(site: Site) -> Layer:
    """Return the kernel call of a SOFTMAX over the last dimension."""
    site.check_counts((1,))
    kind, _ = site.check_types(*_SAME)
    if site.input.shape != site.output.shape:
        raise site.error(f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}")
    if kind == "int16":
        return lower_softmax_s16(site)
    depth = site.input.shape[-1]
    parameters: dict[str, Field] = {"rows": site.input.elements // depth, "depth": depth}
    if kind == "float32":
        parameters["beta"] = site.options.beta
    else:
        significand, shift, diff_min = _softmax_scaling(site)
        parameters |= {"multiplier": significand, "shift": shift, "diff_min": diff_min}
    return one_call(site, f"kernels_softmax_{KERNEL_SUFFIXES[kind]}", parameters, in_place=True)


def _softmax_scaling(site: Site) -> tuple[int, int, int]:
    if site.input.shape[-1] > _SOFTMAX_MAX_DEPTH:
        raise site.error(f"is over {site.input.shape[-1]} values, in int8 at most {_SOFTMAX_MAX_DEPTH} can be summed")
    scale, zero_point = site.per_tensor(site.output, "output")
    if zero_point != _SOFTMAX_ZERO_POINT or abs(scale - _SOFTMAX_SCALE) > 0.001 * _SOFTMAX_SCALE:
        raise site.error(f"has an output of scale {scale:g} and zero point {zero_point}, expected 1/256 and -128")
    try:
        return softmax_scaling(site.options.beta, site.per_tensor(site.input, "input")[0])
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc


def lower_quantize(site: Site) -> Layer:
    """Return the kernel call of a QUANTIZE: from float32, or from one integer scale to another."""
    site.check_counts((1,))
    kinds = site.check_types(*_FROM_FLOAT, *_EIGHT_BIT, *RESCALED)
    kind, _ = kinds
    count = _same_count(site)
    if kinds == ("float32", "int16"):
        return lower_quantize_s16(site, count)
    if kinds in RESCALED:
        return lower_rescale(site, count)
    scale, zero_point = site.per_tensor(site.output, "output")
    if kind == "float32":
        parameters: dict[str, Field] = {"count": count, "scale": scale} | _fields(site.output, zero_point)
        return _conversion(site, "kernels_quantize", parameters, "float", "uint8_t")
    input_scale, input_zero = site.per_tensor(site.input, "input")
    try:
        significand, shift = quantize_multiplier(input_scale / scale)
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    source, target = _fields(site.input, input_zero), _fields(site.output, zero_point)
    parameters = {"count": count, "multiplier": significand, "shift": shift}
    parameters |= {f"input_{name}": value for name, value in source.items()}
    parameters |= {f"output_{name}": value for name, value in target.items()}
    return _conversion(site, "kernels_requantize", parameters, "uint8_t", "uint8_t")


def lower_dequantize(site: Site) -> Layer:
    """Return the kernel call of a DEQUANTIZE to float32."""
    site.check_counts((1,))
    kind, _ = site.check_types(("int8", "float32"), ("uint8", "float32"), ("int16", "float32"))
    if kind == "int16":
        return lower_dequantize_s16(site, _same_count(site))
    scale, zero_point = site.per_tensor(site.input, "input")
    parameters = {"count": _same_count(site), "scale": scale} | _fields(site.input, zero_point)
    return _conversion(site, "kernels_dequantize", parameters, "uint8_t", "float")


def _same_count(site: Site) -> int:
    if site.input.shape != site.output.shape:
        raise site.error(f"goes from shape {list(site.input.shape)} to {list(site.output.shape)}")
    return site.input.elements


def _fields(tensor: Tensor, zero_point: int) -> dict[str, Field]:
    """Return zero point and flip of the kernels, which see uint8 as int8 with the top bit flipped."""
    is_unsigned = tensor.type == "uint8"
    return {"zero_point": zero_point - 128 if is_unsigned else zero_point, "flip": 0x80 if is_unsigned else 0}


def _conversion(site: Site, kernel: str, parameters: dict[str, Field], input_type: str, output_type: str) -> Layer:
    return one_call(
        site,
        kernel,
        parameters,
        input_type=input_type,
        output_type=output_type,
        parameters_type="kernels_requantize_t" if kernel == "kernels_requantize" else "kernels_quantize_t",
        in_place=kernel != "kernels_dequantize",
    )
