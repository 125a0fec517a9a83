"""The engine contract of a Python board: what firmware/common/engine.h asks of one in C."""

from __future__ import annotations

import enum
from typing import Protocol

from mcubench.serve.network import Network

__all__ = ["Engine", "EngineError", "EngineStatus", "OpenModel"]


class EngineStatus(enum.IntEnum):
    """The numbers of `error engine status=` and of results, as in engine.h."""

    ARENA = -1
    INVOKE = -2
    MODEL = -3


class EngineError(Exception):
    """The engine cannot open or run a model."""

    def __init__(self, status: EngineStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class OpenModel(Protocol):
    """A model that is ready to run. `arena_bytes` is what it uses of its arena, None if the engine cannot tell."""

    @property
    def arena_bytes(self) -> int | None: ...

    def set_input(self, data: bytes) -> None:
        """Write the input tensor."""

    def invoke(self) -> None:
        """Run once; raise EngineError if the engine fails."""

    def output(self) -> bytes:
        """Return the output tensor of the last run."""


class Engine(Protocol):
    """One way to run models. `flags` says how its kernels came to be, for `info`."""

    name: str
    version: str
    kernels: str
    flags: str

    def open(self, network: Network, arena_bytes: int | None) -> OpenModel:
        """Make a model ready, with an arena of so many bytes or with all there is; raise EngineError if that fails."""
