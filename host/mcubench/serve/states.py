"""Which models remember anything from one inference to the next."""

from __future__ import annotations

from mcubench.codegen.reader import read_graph

__all__ = ["remembers"]


def remembers(data: bytes) -> bool:
    """Return whether a .tflite file has variable tensors.

    An engine resets them before every inference, and takes no time for it with a model that has none.
    """
    return any(tensor.variable for tensor in read_graph(data).tensors)
