"""ADD, SUB, MUL, MINIMUM and MAXIMUM as kernel calls.

Source of the factors between scales: google-ai-edge/LiteRT, tflite/kernels: add.cc, sub.cc and mul.cc.
"""

from __future__ import annotations

import math

import numpy as np

from mcubench.codegen.fixedpoint import activation_range_f32
from mcubench.codegen.layer import Field, Layer
from mcubench.codegen.operands import Operands, read_operands
from mcubench.codegen.rescale import activation_range, kernel_factor
from mcubench.codegen.site import Site

__all__ = ["lower_add", "lower_extreme", "lower_multiply"]

# Bits that ADD and SUB shift values to the left by, so that scaling loses none that count.
_HEADROOM = {"int8": 20, "int16": 15}
# Largest shift with which a product of two values cannot leave 32 bits.
_MULTIPLY_SHIFTS = {"int8": 14, "int16": 0}


def lower_add(site: Site) -> Layer:
    """Return the kernel call of an ADD or SUB."""
    operands = read_operands(site)
    signs = (1, -1 if site.operator.name == "SUB" else 1)
    if operands.kind == "float32":
        low, high = activation_range_f32(site.activation)
        return operands.layer("add", {"second_factor": float(signs[1]), "min": low, "max": high})
    scales = [site.per_tensor(tensor, "input")[0] for tensor in (operands.first, operands.second)]
    if operands.kind == "int16" and site.options.pot_scale_int16:
        _refuse_powers_of_two(site, (*scales, site.per_tensor(site.output, "output")[0]))
    if scales[0] < scales[1]:
        operands, signs = operands.swapped(), (signs[1], signs[0])
    return operands.layer("add", {"scale": _add_scale(operands, signs)})


def _refuse_powers_of_two(site: Site, scales: tuple[float, ...]) -> None:
    # The reference kernels' test for a power of two (quantization_util.cc, CheckedLog2).
    if all(abs(math.log2(scale) - round(math.log2(scale))) < 1e-3 for scale in scales):
        raise site.error(
            "has pot_scale_int16 and scales that are powers of two, which the reference kernels add in another way; "
            "the generated engine supports int16 with pot_scale_int16 off, or with other scales"
        )


def _add_scale(operands: Operands, signs: tuple[int, int]) -> dict[str, Field]:
    """Return `kernels_add_scale_t`; the first operand has the larger scale.

    The reference shifts both to the left by the headroom, scales the first by 1/2, the second by half the ratio of the
    scales, and the sum to the output's scale. Half of a shifted value is exact, for the second too if the scales are
    equal; then the kernel has it shifted one bit more and halved twice, as it halves once at least.
    """
    site = operands.site
    first, first_zero = site.per_tensor(operands.first, "input")
    second, second_zero = site.per_tensor(operands.second, "input")
    headroom = _HEADROOM[operands.kind]
    first_factor = signs[0] << (headroom - 1)
    second_factor = 1 << (headroom + (first == second))
    try:
        second_scale = kernel_factor(0.25 if first == second else second / (2 * first))
        output = kernel_factor(2 * first / ((1 << headroom) * site.per_tensor(site.output, "output")[0]))
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc
    return {
        "first_factor": first_factor,
        "first_offset": -first_zero * first_factor,
        "second_factor": second_factor,
        "second_offset": -second_zero * second_factor,
        "second_multiplier": second_scale[0],
        "second_shift": second_scale[1],
        "second_sign": signs[1],
        "multiplier": output[0],
        "shift": output[1],
        "output": _output(operands, site.activation),
    }


def lower_multiply(site: Site) -> Layer:
    """Return the kernel call of a MUL."""
    operands = read_operands(site)
    if operands.kind == "float32":
        low, high = activation_range_f32(site.activation)
        return operands.layer("multiply", {"min": low, "max": high})
    (first, first_zero), (second, second_zero) = (
        site.per_tensor(tensor, "input") for tensor in (operands.first, operands.second)
    )
    multiplier, shift = _multiply_factor(operands, first, second)
    parameters: dict[str, Field] = {
        "multiplier": multiplier,
        "shift": shift,
        "output": _output(operands, site.activation),
    }
    if operands.kind == "int8":
        parameters |= {"first_zero_point": first_zero, "second_zero_point": second_zero}
    return operands.layer("multiply", parameters)


def _multiply_factor(operands: Operands, first: float, second: float) -> tuple[int, int]:
    """Return multiplier and shift of what takes a product of values to the output's scale, worked out in float32."""
    site = operands.site
    with np.errstate(over="ignore", under="ignore"):
        product = np.float32(first) * np.float32(second)
        real = float(product / np.float32(site.per_tensor(site.output, "output")[0]))
    try:
        return kernel_factor(real, _MULTIPLY_SHIFTS[operands.kind])
    except ValueError as exc:
        raise site.error(f"cannot be computed in fixed point: {exc}") from exc


def lower_extreme(site: Site) -> Layer:
    """Return the kernel call of a MINIMUM or MAXIMUM, which compares values as they are, whatever their scales."""
    operands = read_operands(site)
    return operands.layer("extreme", {"largest": int(site.operator.name == "MAXIMUM")})


def _output(operands: Operands, activation: str) -> dict[str, Field]:
    site = operands.site
    quantization = site.quantization(site.output, "output")
    low, high = activation_range(activation, operands.kind, quantization)
    return {"zero_point": quantization.zero_points[0], "min": low, "max": high}
