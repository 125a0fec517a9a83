"""Type, shape and quantisation of a model's input or output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mcubench.errors import WrongOutputError

__all__ = ["TENSOR_TYPES", "Tensor"]

# The names that docs/protocol.md gives them; on the wire and in memory all are little-endian.
TENSOR_TYPES: dict[str, np.dtype[Any]] = {
    "int8": np.dtype("i1"),
    "uint8": np.dtype("u1"),
    "int16": np.dtype("<i2"),
    "int32": np.dtype("<i4"),
    "float32": np.dtype("<f4"),
}


@dataclass(frozen=True)
class Tensor:
    """An input or output of a model: real value = scale x (stored value - zero_point); both are None without them."""

    type: str
    shape: tuple[int, ...]
    scale: float | None
    zero_point: int | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return TENSOR_TYPES[self.type]

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def byte_count(self) -> int:
        """Bytes of one tensor, as `input_bytes` and `output_bytes` in the protocol."""
        return self.elements * self.dtype.itemsize

    def decode(self, raw: Sequence[bytes]) -> NDArray[Any]:
        """Return raw tensors, one `bytes` per vector, as an array (n, *shape without the batch), in the stored type.

        Raises WrongOutputError if one of them does not have `byte_count` bytes.
        """
        for index, data in enumerate(raw):
            if len(data) != self.byte_count:
                raise WrongOutputError(f"vector {index}: expected {self.byte_count} bytes of output, got {len(data)}")
        return np.frombuffer(b"".join(raw), self.dtype).reshape(len(raw), *self.shape[1:])

    def real(self, stored: NDArray[Any]) -> NDArray[np.float64]:
        """Return stored values as the real ones that they mean."""
        values = stored.astype(np.float64)
        return values if self.scale is None else (values - (self.zero_point or 0)) * self.scale

    def store(self, real: NDArray[Any]) -> NDArray[Any]:
        """Return real values as the tensor stores them, those out of range at the nearest end.

        Half a step is rounded away from zero after a division of floats, as TensorFlow Lite's QUANTIZE does
        (google-ai-edge/LiteRT, tflite/kernels/internal/reference/quantize.h, and TfLiteRound).
        """
        values = real.astype(np.float32)
        if self.type == "float32":
            return values
        steps = values / np.float32(1.0 if self.scale is None else self.scale)
        whole = np.copysign(np.floor(np.abs(steps.astype(np.float64)) + 0.5), steps) + (self.zero_point or 0)
        limits = np.iinfo(self.dtype)
        stored: NDArray[Any] = np.clip(whole, limits.min, limits.max).astype(self.dtype)
        return stored
