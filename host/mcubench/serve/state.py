"""What a Python board remembers until it is reset."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.serve.image import Image
from mcubench.serve.platform import LayerTimes
from mcubench.serve.session import Session
from mcubench.serve.stream import BoardStream

__all__ = ["BoardState"]


class BoardState:
    """As after power-on or a reset, the `boot_count`th start, for `boot_cause`; `send` puts bytes on the line."""

    def __init__(self, image: Image, boot_count: int, boot_cause: str, send: Callable[[bytes], None]) -> None:
        self.image = image
        self.boot_count = boot_count
        self.boot_cause = boot_cause
        image.platform.restart()
        self.overhead_cycles = image.platform.measure_overhead()
        self.session: Session | None = None
        self.stream = BoardStream(send, image.platform, self.overhead_cycles)
        self.noise_lines = 0
        self.mark = 0  # what the host set
        self.arrival = 0  # the counter when the last command had come
        self.reset_wanted = False

    def select(self, index: int, arena_bytes: int | None) -> None:
        """Open a model; none is selected if that raises EngineError."""
        self.session = None
        self.stream.select(None)
        network = self.image.networks[index]
        self.session = Session(index, network, self.image.engine.open(network, arena_bytes))
        self.stream.select(self.session)

    def time_layers(self, session: Session) -> LayerTimes | None:
        """Run the session's model once on its last vector, layer by layer; None if that cannot be."""
        session.load()
        return self.image.platform.time_layers(session.model)
