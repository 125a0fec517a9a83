"""Window geometry shared by convolution and pooling (tflite/kernels/padding.h of google-ai-edge/LiteRT)."""

from __future__ import annotations

from mcubench.codegen.graph import Tensor
from mcubench.codegen.layer import Window
from mcubench.codegen.site import Site

__all__ = ["make_window"]


def _span(padding: str, size: int, kernel: int, stride: int, dilation: int) -> tuple[int, int]:
    """Return (output size, padding before) of one dimension."""
    reach = (kernel - 1) * dilation + 1
    out = -(-size // stride) if padding == "SAME" else (size + stride - reach) // stride
    return out, max(0, (out - 1) * stride + reach - size) // 2


def _image(site: Site, tensor: Tensor, role: str) -> tuple[int, int, int]:
    if len(tensor.shape) != 4 or tensor.shape[0] != 1:
        raise site.error(f"has an {role} of shape {list(tensor.shape)}, expected [1, height, width, channels]")
    return tensor.shape[1], tensor.shape[2], tensor.shape[3]


def make_window(site: Site, kernel: tuple[int, int], out_channels: int) -> Window:
    """Return the window of an operator; `kernel` is (height, width) in elements.

    Raises InputError if the options make no sense or the output tensor's shape is not what they lead to.
    """
    options = site.options
    in_height, in_width, in_channels = _image(site, site.input, "input")
    positive = (*kernel, options.stride_height, options.stride_width, options.dilation_height, options.dilation_width)
    if min(positive) < 1 or options.padding not in ("SAME", "VALID"):
        raise site.error("has a kernel size, stride, dilation or padding that makes no sense")
    out_height, pad_top = _span(options.padding, in_height, kernel[0], options.stride_height, options.dilation_height)
    out_width, pad_left = _span(options.padding, in_width, kernel[1], options.stride_width, options.dilation_width)
    expected = (out_height, out_width, out_channels)
    if _image(site, site.output, "output") != expected:
        raise site.error(f"has an output of shape {list(site.output.shape)}, expected {[1, *expected]}")
    # Between the taps of a single row or column there are no gaps, whatever the file says.
    dilation_height = options.dilation_height if kernel[0] > 1 else 1
    dilation_width = options.dilation_width if kernel[1] > 1 else 1
    return Window(
        in_height, in_width, in_channels, *expected, *kernel,
        options.stride_height, options.stride_width, dilation_height, dilation_width,
        pad_top, pad_left,
    )  # fmt: skip
