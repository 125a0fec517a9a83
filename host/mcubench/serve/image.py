"""What a Python board is "flashed" with."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from mcubench import __version__
from mcubench.errors import InputError
from mcubench.serve.engine import Engine, EngineError
from mcubench.serve.network import Network
from mcubench.serve.pc import PcPlatform
from mcubench.serve.platform import Platform

__all__ = ["Image", "load_image"]


@dataclass(frozen=True)
class Image:
    """An engine and the models that it can run; `arena_bytes` is what each uses, None if the engine cannot tell.

    `code_sha256` is that of the file that holds the engine's code, if one does; `marked_build` is what that calls its
    build.
    """

    engine: Engine
    networks: tuple[Network, ...]
    arena_bytes: tuple[int | None, ...]
    platform: Platform = field(default_factory=PcPlatform)
    code_sha256: str = ""
    marked_build: str | None = None

    @property
    def build_id(self) -> str:
        """Sixteen hex digits, others if the engine, its kernels, this package or a model are others."""
        if self.marked_build is not None:
            return self.marked_build
        parts = [self.engine.name, self.engine.version, self.engine.kernels, __version__, self.code_sha256]
        text = " ".join([*parts, *(network.sha256 for network in self.networks)])
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def load_image(engine: Engine, networks: Sequence[Network]) -> Image:
    """Open every model once, so that one that the engine cannot run is an InputError now."""
    arena_bytes = []
    for network in networks:
        try:
            arena_bytes.append(engine.open(network, None).arena_bytes)
        except EngineError as exc:
            reason = " ".join(str(exc).split())
            raise InputError(f"model {network.name}: the engine {engine.name} cannot run it: {reason}") from exc
    return Image(engine, tuple(networks), tuple(arena_bytes))
