"""Bytes of tensors of any type."""

from __future__ import annotations

import numpy as np

from mcubench.codegen.graph import Tensor

__all__ = ["tensor_bytes"]


def tensor_bytes(tensor: Tensor) -> int:
    """Return the bytes of a tensor; elements of types without a size of their own, e.g. string, count as one byte."""
    try:
        return tensor.elements * np.dtype(tensor.type).itemsize
    except TypeError:
        return tensor.elements
