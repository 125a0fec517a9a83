"""A Python board from one reset to the next: bytes in, bytes out."""

from __future__ import annotations

from collections.abc import Callable

from mcubench.serve import answers
from mcubench.serve.commands import execute
from mcubench.serve.counter import has_passed, read_counter
from mcubench.serve.image import Image
from mcubench.serve.splitter import BoardSplitter, Event
from mcubench.serve.state import BoardState

__all__ = ["ServedBoard"]

SILENCE_S = 0.25


class ServedBoard:
    """Give it what arrives and tell it when nothing does; it answers through `send`, first with the boot line."""

    def __init__(self, image: Image, boot_count: int, boot_cause: str, send: Callable[[bytes], None]) -> None:
        self._send = send
        self._state = BoardState(image, boot_count, boot_cause, send)
        self._splitter = BoardSplitter()
        self._heard_at = read_counter()
        # The reset may have cut a line or a frame short; a delimiter ends either for the host.
        send(b"\0" + _encode([answers.boot(self._state)]))

    @property
    def reset_wanted(self) -> bool:
        """Whether the host has asked for a reset, which takes all that is remembered."""
        return self._state.reset_wanted

    def receive(self, data: bytes) -> None:
        """Handle what has arrived."""
        for event, content in self._splitter.feed(data):
            self._handle(event, content)
            if self.reset_wanted:
                return
        self._state.stream.poll()
        self._heard_at = read_counter()

    def note_silence(self) -> None:
        """Note that nothing more has come: no vector is waiting; after a cut-off frame a person may want to type."""
        self._state.stream.flush()
        if not self._splitter.in_text and has_passed(self._heard_at, SILENCE_S):
            self._splitter.reset()

    def _handle(self, event: Event, content: bytes) -> None:
        stream = self._state.stream
        if event is Event.LINE:
            arrival = self._state.image.platform.read_counter()
            stream.flush()
            self._send(_encode(execute(self._state, content.decode("ascii"), arrival)))
        elif event is Event.NOISE:
            self._state.noise_lines += 1
        elif event is Event.LONG_LINE:
            self._send(_encode(["error too-long"]))
        elif event is Event.FRAME:
            stream.handle_body(content)
        else:
            stream.drop_body()


def _encode(lines: list[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode("ascii")
