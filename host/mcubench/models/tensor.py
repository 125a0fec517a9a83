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
    """An input or output of a model: real value = scale x (stored value - zero_point); both are None for float32."""

    type: str
    shape: tuple[int, ...]
    scale: float | None
    zero_point: int | None

    @property
    def dtype(self) -> np.dtype[Any]:
        return TENSOR_TYPES[self.type]

    @property
    def byte_count(self) -> int:
        """Bytes of one tensor, as `input_bytes` and `output_bytes` in the protocol."""
        return math.prod(self.shape) * self.dtype.itemsize

    def decode(self, raw: Sequence[bytes]) -> NDArray[Any]:
        """Return raw tensors, one `bytes` per vector, as an array (n, *shape without the batch), in the stored type.

        Raises WrongOutputError if one of them does not have `byte_count` bytes.
        """
        for index, data in enumerate(raw):
            if len(data) != self.byte_count:
                raise WrongOutputError(f"vector {index}: expected {self.byte_count} bytes of output, got {len(data)}")
        return np.frombuffer(b"".join(raw), self.dtype).reshape(len(raw), *self.shape[1:])
