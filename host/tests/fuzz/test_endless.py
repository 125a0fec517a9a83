"""Boards that never stop talking: the host gives up in time, with no more memory than it needs for a while of it."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hostile_board import INPUT_BYTES, OUTPUT_BYTES, Clock, HostileBoard, Script, vectors

from mcubench.deadline import Deadline
from mcubench.errors import RigError
from mcubench.protocol import Board, LyingLink, ModelInfo, VectorStream
from mcubench.protocol.frames import Ack, FrameType, ack_payload, encode_frame
from mcubench.protocol.text import add_trailer

MODEL = ModelInfo(0, "m", "00", INPUT_BYTES, "uint8", OUTPUT_BYTES, "uint8", None, None, 1)
POLITE = bytes([2])
# A slow line, so that little has to be read until the host gives up.
CHUNK_BYTES = 2048
CHUNK_S = 0.25
# A fast one, and what the host may keep of 30 MB.
LARGE_CHUNK_BYTES = 1 << 19
MOST_MEMORY_BYTES = 8 << 20


class EndlessBoard(HostileBoard):
    """It says who it is when asked, and then the same for ever; `says` gets the number of the last command."""

    def __init__(self, says: Callable[[int], bytes], clock: Clock) -> None:
        super().__init__(Script(POLITE), clock)
        self._says = says
        self.chunk_bytes = CHUNK_BYTES

    def read(self, max_bytes: int, deadline: Deadline) -> bytes:
        if self._outbox:
            return super().read(max_bytes, deadline)
        self.clock.now_s += CHUNK_S
        said = self._says(self._command_seq)
        return (said * (self.chunk_bytes // len(said) or 1))[:max_bytes]


ENDLESS: dict[str, Callable[[int], bytes]] = {
    "nothing that ends": lambda _: b"x" * 100,
    "zeros": lambda _: bytes(100),
    "a frame": lambda _: b"\1",
    "frames that are none": lambda _: b"\0\1" + b"y" * 98,
    "lines": lambda _: b"hello world " * 8 + b"\n",
    "data lines": lambda seq: add_trailer("layer index=0 op=ADD cycles=1", seq).encode() + b"\n",
    "answers without trailer": lambda _: b"ok n=1\n" + b"x" * 90 + b"\n",
    "answers that are not whole": lambda seq: add_trailer("ok n=1", seq).encode() + b"\n" + b"x" * 90 + b"\n",
    "boot lines": lambda _: b"boot board=x protocol=2 count=9 cause=watchdog\n",
    "frames of no known type": lambda _: encode_frame(0xF0, 0, bytes(80)),
    "ACK": lambda _: encode_frame(FrameType.ACK, 0, ack_payload(Ack(0, 0, 0))),
    "ACK of all frames": lambda _: b"".join(
        encode_frame(FrameType.ACK, 0, ack_payload(Ack(8, 0, seen, hold_map=b"\xff" * 60))) for seen in range(256)
    ),
}
USES: dict[str, Callable[[Board], object]] = {
    "hello": lambda board: board.connect(),
    "a command": lambda board: board.tick(),
    "a long command": lambda board: board.run(5, expected_s=0.1),
    "a stream": lambda board: list(VectorStream(board, MODEL, vectors())),
}


@contextmanager
def connected(says: Callable[[int], bytes], lies: bool = False) -> Iterator[tuple[Board, EndlessBoard]]:
    """Yield the host's side of a board that has said hello and will say nothing else any more."""
    clock = Clock()
    endless = EndlessBoard(says, clock)
    with clock.running():
        board = Board(LyingLink(endless, 1.0) if lies else endless)
        board.connect()
        endless.is_polite = False
        yield board, endless


@pytest.mark.parametrize("use", USES.values(), ids=USES.keys())
@pytest.mark.parametrize("says", ENDLESS.values(), ids=ENDLESS.keys())
def test_it_ends_with_an_error_of_the_rig(says: Callable[[int], bytes], use: Callable[[Board], object]) -> None:
    with connected(says) as (board, endless):
        start_s = endless.clock.now_s
        with pytest.raises(RigError):
            use(board)
        assert endless.clock.now_s - start_s < 200


@pytest.mark.parametrize("lies", [False, True], ids=["", "lying"])
@pytest.mark.parametrize("name", ["nothing that ends", "a frame", "frames that are none", "data lines"])
def test_memory_does_not_grow(name: str, lies: bool) -> None:
    with connected(ENDLESS[name], lies) as (board, endless):
        endless.chunk_bytes = LARGE_CHUNK_BYTES
        tracemalloc.start()
        try:
            with pytest.raises(RigError):
                board.tick()
            assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY_BYTES
        finally:
            tracemalloc.stop()
