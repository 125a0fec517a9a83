"""Models that grow operator by operator, with random weights, scales and zero points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tflite
from tflite_builder import TfliteBuilder

__all__ = ["Chain"]

SOFTMAX_SCALE = 1 / 256


@dataclass
class Chain:
    """A model that grows operator by operator; `kind` is int8, int16 or float32.

    `bias_type` is that of biases and sums with int16 activations.
    """

    rng: np.random.Generator
    shape: tuple[int, ...]
    kind: str = "int8"
    scale: float = 0.05
    zero_point: int = 0
    bias_type: str = "int64"
    model: TfliteBuilder = field(default_factory=TfliteBuilder)

    def __post_init__(self) -> None:
        self.first = self.last = self._tensor(self.shape)

    def build(self) -> bytes:
        """Return the .tflite file."""
        return self.model.build([self.first], [self.last])

    def conv(
        self,
        channels: int,
        kernel: tuple[int, int] = (3, 3),
        *,
        depthwise: bool = False,
        per_channel: bool = True,
        bias: bool = True,
        activation: str = "NONE",
        **window: Any,
    ) -> Chain:
        """Append CONV_2D with that many output channels, or DEPTHWISE_CONV_2D with that depth multiplier."""
        in_channels = self.shape[3]
        out_channels = channels * in_channels if depthwise else channels
        shape = (1, *kernel, out_channels) if depthwise else (out_channels, *kernel, in_channels)
        depth = kernel[0] * kernel[1] * (1 if depthwise else in_channels)
        inputs = self._weights(
            shape, out_channels, depth, axis=3 if depthwise else 0, per_channel=per_channel, bias=bias
        )
        options = _window(**window) | {"FusedActivationFunction": _activation(activation)}
        if depthwise:
            options["DepthMultiplier"] = channels
        else:
            options |= self._bias_options()
        self._append(
            "DEPTHWISE_CONV_2D" if depthwise else "CONV_2D",
            inputs,
            (*_out_size(self.shape, kernel, options), out_channels),
            options,
        )
        return self

    def dense(self, units: int, *, per_channel: bool = False, bias: bool = True, activation: str = "NONE") -> Chain:
        """Append FULLY_CONNECTED over the last dimension."""
        depth = self.shape[-1]
        inputs = self._weights((units, depth), units, depth, axis=0, per_channel=per_channel, bias=bias)
        options = {"FusedActivationFunction": _activation(activation), "KeepNumDims": len(self.shape) != 2}
        options |= self._bias_options()
        self._append("FULLY_CONNECTED", inputs, (*self.shape[:-1], units), options)
        return self

    def pool(
        self, kernel: tuple[int, int] = (2, 2), *, average: bool = False, activation: str = "NONE", **window: Any
    ) -> Chain:
        """Append a pool, which keeps scale and zero point."""
        options = _window(**window) | {"FilterHeight": kernel[0], "FilterWidth": kernel[1]}
        options["FusedActivationFunction"] = _activation(activation)
        size = _out_size(self.shape, kernel, options | {"DilationHFactor": 1, "DilationWFactor": 1})
        for key in ("DilationHFactor", "DilationWFactor"):
            del options[key]
        name = "AVERAGE_POOL_2D" if average else "MAX_POOL_2D"
        self._append(name, [self.last], (*size, self.shape[3]), options, same_scale=True)
        return self

    def add(self, other: int, *, activation: str = "NONE") -> Chain:
        """Append ADD of the last tensor and another one of its shape."""
        options = {"FusedActivationFunction": _activation(activation)}
        self._append("ADD", [self.last, other], self.shape, options)
        return self

    def reshape(self, shape: Sequence[int]) -> Chain:
        """Append RESHAPE with a shape tensor, as the converter writes it."""
        target = self.model.tensor((len(shape),), np.int32, data=np.asarray(shape, np.int32))
        self._append("RESHAPE", [self.last, target], tuple(shape), {}, same_scale=True)
        return self

    def flatten(self) -> Chain:
        """Append the RESHAPE that precedes a dense layer."""
        return self.reshape((1, int(np.prod(self.shape))))

    def softmax(self, beta: float = 1.0) -> Chain:
        """Append SOFTMAX with the output scale that integers must have."""
        if self.kind == "int8":
            self._requantized("SOFTMAX", "int8", SOFTMAX_SCALE, -128, {"Beta": beta})
        elif self.kind == "int16":
            self._requantized("SOFTMAX", "int16", SOFTMAX_SCALE / 128, 0, {"Beta": beta})
        else:
            self._append("SOFTMAX", [self.last], self.shape, {"Beta": beta})
        return self

    def quantize(self, kind: str, scale: float, zero_point: int) -> Chain:
        """Append QUANTIZE to an integer type."""
        self._requantized("QUANTIZE", kind, scale, zero_point, {})
        return self

    def dequantize(self) -> Chain:
        """Append DEQUANTIZE to float32."""
        self._requantized("DEQUANTIZE", "float32", 0.0, 0, {})
        return self

    def _requantized(self, name: str, kind: str, scale: float, zero_point: int, options: dict[str, Any]) -> None:
        source = self.last
        self.kind, self.scale, self.zero_point = kind, float(np.float32(scale)), zero_point
        self.last = self._tensor(self.shape)
        self.model.operator(name, [source], [self.last], **options)

    def _append(
        self,
        name: str,
        inputs: Sequence[int],
        shape: Sequence[int],
        options: dict[str, Any],
        *,
        same_scale: bool = False,
    ) -> None:
        self.shape = tuple(int(size) for size in shape)
        if not same_scale and self.kind == "int8":
            self.scale = float(np.float32(self.rng.uniform(0.02, 0.2)))
            self.zero_point = int(self.rng.integers(-128, 128))
        elif not same_scale and self.kind == "int16":
            self.scale = float(np.float32(self.rng.uniform(0.02, 0.2) / 256))
        self.last = self._tensor(self.shape)
        self.model.operator(name, inputs, [self.last], **options)

    def _tensor(self, shape: Sequence[int]) -> int:
        if self.kind == "float32":
            return self.model.tensor(shape, np.float32)
        return self.model.tensor(shape, self.kind, scale=self.scale, zero_point=self.zero_point)

    def _weights(
        self, shape: Sequence[int], channels: int, depth: int, *, axis: int, per_channel: bool, bias: bool
    ) -> list[int]:
        if self.kind == "float32":
            reals = self.rng.normal(0.0, depth**-0.5, shape).astype(np.float32)
            weights = self.model.tensor(shape, np.float32, data=reals)
            if not bias:
                return [self.last, weights]
            constants = self.rng.normal(0.0, 1.0, channels).astype(np.float32)
            return [self.last, weights, self.model.tensor((channels,), np.float32, data=constants)]
        values = self.rng.integers(-127, 128, shape, dtype=np.int8)
        # Sums come out around 70 x 70 x sqrt(depth); these scales bring them to a few times the int8 range, both ways.
        factors = self.rng.uniform(0.1, 2.0, channels if per_channel else 1) / depth**0.5 / 50
        scales = [float(scale) for scale in factors.astype(np.float32)]
        weights = self.model.tensor(shape, np.int8, data=values, scale=scales, axis=axis)
        if not bias:
            return [self.last, weights]
        offsets = self.rng.integers(-20_000, 20_000, channels, dtype=np.int32)
        if self.kind == "int16":
            offsets = offsets.astype(self.bias_type) * 256
        products = [self.scale * scale for scale in scales]
        return [self.last, weights, self.model.tensor((channels,), offsets.dtype, data=offsets, scale=products)]

    def _bias_options(self) -> dict[str, int]:
        is_narrow = self.kind == "int16" and self.bias_type == "int32"
        return {"QuantizedBiasType": tflite.TensorType.INT32} if is_narrow else {}


def _activation(name: str) -> int:
    return int(getattr(tflite.ActivationFunctionType, name))


def _window(
    padding: str = "VALID", stride: tuple[int, int] = (1, 1), dilation: tuple[int, int] = (1, 1)
) -> dict[str, Any]:
    return {
        "Padding": getattr(tflite.Padding, padding),
        "StrideH": stride[0],
        "StrideW": stride[1],
        "DilationHFactor": dilation[0],
        "DilationWFactor": dilation[1],
    }


def _out_size(shape: Sequence[int], kernel: tuple[int, int], options: dict[str, Any]) -> tuple[int, int, int]:
    sizes = []
    for size, taps, axis in ((shape[1], kernel[0], "H"), (shape[2], kernel[1], "W")):
        stride = options[f"Stride{axis}"]
        reach = (taps - 1) * options[f"Dilation{axis}Factor"] + 1
        same = options["Padding"] == tflite.Padding.SAME
        sizes.append(-(-size // stride) if same else (size - reach) // stride + 1)
    return 1, sizes[0], sizes[1]
