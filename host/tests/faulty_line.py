"""A pty that passes bytes on to another one, through functions that may drop, change, double or keep them."""

from __future__ import annotations

import os
import select
import threading
import tty
from collections.abc import Callable
from types import TracebackType

from mcubench.protocol.frames import Frame, decode_frame, encode_frame
from mcubench.protocol.splitter import CodedFrame, Splitter, TextLine

__all__ = ["FaultyLine", "Hook", "by_frame", "by_line"]

Hook = Callable[[bytes], bytes]


class FaultyLine:
    """`port` is what the host opens; bytes go to and from `board_port` through the hooks, chunk by chunk."""

    def __init__(self, board_port: str, to_host: Hook, to_board: Hook) -> None:
        self._board = os.open(board_port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._board)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.port = os.ttyname(self._slave)
        self._stop_reader, self._stop_writer = os.pipe()
        for descriptor in (self._board, self._master):
            os.set_blocking(descriptor, False)
        self._ways = {self._board: (self._master, to_host), self._master: (self._board, to_board)}
        self._thread = threading.Thread(target=self._pump, daemon=True)

    def __enter__(self) -> FaultyLine:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._stop_writer, b"x")
        self._thread.join()
        for descriptor in (self._board, self._master, self._slave, self._stop_reader, self._stop_writer):
            os.close(descriptor)

    def _pump(self) -> None:
        """Move bytes both ways at once: a board may take none before somebody takes what it sends."""
        waiting = {target: b"" for target, _ in self._ways.values()}
        while True:
            sources = [source for source, (target, _) in self._ways.items() if not waiting[target]]
            targets = [target for target, data in waiting.items() if data]
            readable, writable, _ = select.select([*sources, self._stop_reader], targets, [])
            if self._stop_reader in readable:
                return
            try:
                for target in writable:
                    waiting[target] = waiting[target][os.write(target, waiting[target]) :]
                for source in readable:
                    target, hook = self._ways[source]
                    waiting[target] += hook(os.read(source, 65536))
            except OSError:
                return  # the board's side is gone


def by_frame(change: Callable[[Frame], list[Frame]]) -> Hook:
    """Return a hook that replaces every whole frame by those that `change` makes of it; lines pass."""
    return _by_event(lambda event: _frames(event, change) if isinstance(event, CodedFrame) else _line(event.text))


def by_line(change: Callable[[str], bytes]) -> Hook:
    """Return a hook that replaces every line by the bytes that `change` makes of it; frames pass."""
    return _by_event(lambda event: change(event.text) if isinstance(event, TextLine) else b"\0" + event.body + b"\0")


def _by_event(change: Callable[[TextLine | CodedFrame], bytes]) -> Hook:
    splitter = Splitter()
    return lambda data: b"".join(change(event) for event in splitter.feed(data))


def _frames(event: CodedFrame, change: Callable[[Frame], list[Frame]]) -> bytes:
    frame = decode_frame(event.body)
    assert frame is not None
    return b"".join(encode_frame(each.type, each.seq, each.payload) for each in change(frame))


def _line(text: str) -> bytes:
    return text.encode() + b"\n"
