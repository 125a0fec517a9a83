"""From sums to outputs: the factors between the scales of an operator with weights."""

from __future__ import annotations

from mcubench.codegen.site import Site

__all__ = ["output_factors"]


def output_factors(site: Site) -> list[float]:
    """Return input scale x weight scale / output scale per output channel, in doubles."""
    input_scale, _ = site.per_tensor(site.input, "input")
    output_scale, _ = site.per_tensor(site.output, "output")
    quantization = site.weights_quantization()
    # Not the output's: of a dense layer it may have other sizes, as long as there are as many elements.
    axis = 3 if site.operator.name == "DEPTHWISE_CONV_2D" else 0
    channels = site.graph.tensors[site.operator.inputs[1]].shape[axis]
    if any(quantization.zero_points):
        raise site.error("has weights with a zero point other than 0, which the generated engine does not support")
    if len(quantization.scales) not in (1, channels):
        raise site.error(f"has weights with {len(quantization.scales)} scales for {channels} output channels")
    if len(quantization.scales) > 1 and quantization.axis != axis:
        raise site.error(f"has weights quantised along axis {quantization.axis}, expected {axis}")
    scales = quantization.scales if len(quantization.scales) > 1 else quantization.scales * channels
    return [input_scale * scale / output_scale for scale in scales]
