"""From sums to outputs: the factors between the scales of an operator with weights."""

from __future__ import annotations

from mcubench.codegen.site import Site

__all__ = ["output_factors"]


def output_factors(site: Site) -> list[float]:
    """Return input scale x weight scale / output scale per output channel, in doubles."""
    input_scale, _ = site.per_tensor(site.input, "input")
    output_scale, _ = site.per_tensor(site.output, "output")
    quantization = site.weights_quantization()
    channels = site.output.shape[-1]
    if any(quantization.zero_points):
        raise site.error("has weights with a zero point other than 0, which the generated engine does not support")
    if len(quantization.scales) not in (1, channels):
        raise site.error(f"has weights with {len(quantization.scales)} scales for {channels} output channels")
    expected_axis = 3 if site.operator.name == "DEPTHWISE_CONV_2D" else 0
    if len(quantization.scales) > 1 and quantization.axis != expected_axis:
        raise site.error(f"has weights quantised along axis {quantization.axis}, expected {expected_axis}")
    scales = quantization.scales if len(quantization.scales) > 1 else quantization.scales * channels
    return [input_scale * scale / output_scale for scale in scales]
