"""What the host has set up: the selected model and the input vector for it."""

from __future__ import annotations

import zlib

from mcubench.serve.engine import OpenModel
from mcubench.serve.network import Network

__all__ = ["Session"]


class Session:
    """A model that was opened, `index` in the list of networks, and the bytes of the vector that arrives."""

    def __init__(self, index: int, network: Network, model: OpenModel) -> None:
        self.index = index
        self.network = network
        self.model = model
        self._vector = bytearray()

    def fill(self, data: bytes) -> int:
        """Take bytes of the vector that arrives, up to its end; return how many."""
        if self.is_complete:
            self._vector.clear()
        taken = data[: self.network.input_bytes - len(self._vector)]
        self._vector += taken
        return len(taken)

    @property
    def is_complete(self) -> bool:
        return len(self._vector) == self.network.input_bytes

    def forget_part(self) -> None:
        """Drop what has arrived of an unfinished vector."""
        if not self.is_complete:
            self._vector.clear()

    def load(self) -> int:
        """Write the last complete vector, or zeros, into the input tensor; return the CRC-32 of the bytes."""
        data = bytes(self._vector) if self.is_complete else bytes(self.network.input_bytes)
        self.model.set_input(data)
        return zlib.crc32(data)
