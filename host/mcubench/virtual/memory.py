"""Memories of the emulated chip as a DMA controller or a debugger sees them."""

from __future__ import annotations

from unicorn import Uc, UcError

__all__ = ["MemoryBus", "MemoryFaultError"]


class MemoryFaultError(Exception):
    """No memory at that address; becomes a transfer error flag, never reaches the user."""


class MemoryBus:
    """Reads and writes memory without the core."""

    def __init__(self, uc: Uc) -> None:
        self._uc = uc

    def read(self, address: int, size: int) -> bytes:
        """Return `size` bytes; raise MemoryFaultError where there is no memory."""
        try:
            return bytes(self._uc.mem_read(address, size))
        except UcError as exc:
            raise MemoryFaultError from exc

    def write(self, address: int, data: bytes) -> None:
        """Store `data`; raise MemoryFaultError where there is no memory."""
        try:
            self._uc.mem_write(address, data)
        except UcError as exc:
            raise MemoryFaultError from exc
