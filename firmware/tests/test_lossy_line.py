"""Frames lost, damaged, doubled and swapped both ways: a host that follows the page gets all results, all right."""

from __future__ import annotations

import random
import zlib
from dataclasses import dataclass, field

import pytest
import wire_reference as wire
from core_boards import FakeBoard, Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stream_messages import BIG_BYTES, GRAIN, WINDOW, big_output, echo_output
from wire_reference import Sender

UNSEEN_MAX = 127
TURNS_MAX = 5000
OUTPUTS = {8: echo_output, BIG_BYTES: big_output}


@dataclass
class Line:
    """What frames meet on their way, each fate with its probability."""

    lost: float = 0.0
    damaged: float = 0.0
    doubled: float = 0.0
    swapped: float = 0.0
    seed: int = 0
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def to_board(self, frames: list[bytes]) -> list[bytes]:
        """Return the frames that come out of the line; a damaged one is still bytes."""
        return [frames[at] if whole else self._damage(frames[at]) for at, whole in self._carry(len(frames))]

    def to_host(self, messages: list[Message]) -> list[Message]:
        """Return the messages that come out; a damaged one is as good as lost, as the host's CRC check sees to it."""
        return [messages[at] for at, whole in self._carry(len(messages)) if whole]

    def _carry(self, count: int) -> list[tuple[int, bool]]:
        arrived = []
        for at in range(count):
            if not self._happens(self.lost):
                arrived += [(at, not self._happens(self.damaged))] * (1 + self._happens(self.doubled))
        for at in range(len(arrived) - 1):
            if self._happens(self.swapped):
                arrived[at], arrived[at + 1] = arrived[at + 1], arrived[at]
        return arrived

    def _happens(self, probability: float) -> bool:
        return self.chance.random() < probability

    def _damage(self, frame: bytes) -> bytes:
        """Change, add or cut out some bytes."""
        at = self.chance.randrange(len(frame))
        return frame[:at] + self.chance.randbytes(self.chance.randrange(4)) + frame[at + self.chance.randrange(4) :]


@dataclass(frozen=True)
class Sent:
    """A frame on its way; `number` counts on where `seq` begins anew. No offsets if it is not DATA."""

    number: int
    wire_bytes: int
    start: int = 0
    end: int = 0


class Host:
    """A host that does what section 3 says, and nothing else; it has no clock, only turns."""

    def __init__(self, board: FakeBoard, line: Line, vectors: list[bytes], piece_bytes: int) -> None:
        self.board = board
        self.line = line
        self.vectors = vectors
        self.size = len(vectors[0])
        self.data = b"".join(vectors)
        self.piece_bytes = piece_bytes
        self.found: dict[int, bytes] = {}
        self.data_bytes_sent = 0
        self._sender = Sender()
        self._number = 0  # of the next frame
        self._seen = -1
        self._unseen: list[Sent] = []  # what fills the window
        self._open: list[Sent] = []  # DATA of which no ACK has told what became of it
        self._lost: list[tuple[int, int]] = []
        self._next = 0
        self._seek: int | None = 0  # the vector to go to, until a SEEK for it was answered
        self._again = False
        self._last_request = -1

    def run(self) -> None:
        for _ in range(TURNS_MAX):
            if self._missing() is None:
                return
            self._turn()
        raise AssertionError(f"{len(self.found)} of {len(self.vectors)} results after {TURNS_MAX} turns")

    def _missing(self) -> int | None:
        return next((k for k in range(len(self.vectors)) if k not in self.found), None)

    # ---- sending

    def _turn(self) -> None:
        frames = self._requests() or self._pieces()
        messages: list[Message] = []
        for frame in self.line.to_board(frames or [self._request(self._sender.poll())]):
            messages += self.board.handle(frame)
        self.board.poll()
        for message in self.line.to_host(messages + self.board.take()):
            if isinstance(message, wire.Frame):
                self._hear(message)

    def _requests(self) -> list[bytes]:
        if self._seek is not None:
            return [self._request(self._sender.seek(self._seek * self.size))]
        if self._again:
            missing = self._missing()
            assert missing is not None
            return [self._request(self._sender.again(missing))]
        return []

    def _request(self, frame: bytes) -> bytes:
        self._last_request = self._number
        self._count(Sent(self._number, len(frame)))
        return frame

    def _count(self, sent: Sent) -> None:
        """A host that hears nothing at all goes on asking; what it asked first is long past the board then."""
        self._unseen = [*self._unseen, sent][-UNSEEN_MAX:]
        self._number += 1

    def _pieces(self) -> list[bytes]:
        """What was lost, oldest first, then what is new, as far as the window has room."""
        frames = []
        while len(self._unseen) < UNSEEN_MAX - 1 and (self._lost or self._next < len(self.data)):
            start, end = self._lost[0] if self._lost else (self._next, len(self.data))
            end = min(end, start + self.piece_bytes)
            frame = wire.frame(wire.DATA, start.to_bytes(8, "little") + self.data[start:end], self._sender.seq)
            if sum(sent.wire_bytes for sent in self._unseen) + len(frame) > WINDOW:
                break
            self._sender.lose()
            sent = Sent(self._number, len(frame), start, end)
            self._open.append(sent)
            self._count(sent)
            self._take(end)
            self.data_bytes_sent += end - start
            frames.append(frame)
        return frames

    def _take(self, end: int) -> None:
        if not self._lost:
            self._next = end
        elif self._lost[0][1] == end:
            self._lost.pop(0)
        else:
            self._lost[0] = (end, self._lost[0][1])

    # ---- hearing

    def _hear(self, frame: wire.Frame) -> None:
        if frame.kind == wire.RESULT:
            result = wire.parse_result(frame.payload, len(OUTPUTS[self.size](self.vectors[0])))
            for item in result.items:
                self._accept(item)
            self._hear_seen(result.seen)
        else:
            self._hear_ack(wire.parse_ack(frame.payload))

    def _accept(self, item: wire.Item) -> None:
        if item.index >= len(self.vectors) or item.input_crc != zlib.crc32(self.vectors[item.index]):
            return
        assert self.found.setdefault(item.index, item.output) == item.output
        missing = self._missing()
        self._again = self._again or (missing is not None and missing < item.index)

    def _hear_seen(self, seen: int) -> bool:
        """Take note of what the board has seen; false if this message is older than another one."""
        ahead = (seen - self._seen) % 256
        if ahead > UNSEEN_MAX:
            return False
        self._seen += ahead
        self._unseen = [sent for sent in self._unseen if sent.number > self._seen]
        return True

    def _hear_ack(self, ack: wire.Ack) -> None:
        assert ack.flags == 0
        if not self._hear_seen(ack.seen):
            return
        answers_request = self._seen == self._last_request
        if self._seek is not None:
            if answers_request:
                self._next = self._seek * self.size
                self._lost, self._open = [], []
                self._seek = None
            return
        for sent in self._open:
            if sent.number <= self._seen:
                self._lost += _without(ack, sent.start, sent.end)
        self._open = [sent for sent in self._open if sent.number > self._seen]
        self._lost.sort()
        missing = self._missing()
        if missing is not None and answers_request:
            computed = missing < ack.expected // self.size
            self._again = computed and ack.oldest <= missing
            self._seek = missing if computed and ack.oldest > missing else None


def _without(ack: wire.Ack, start: int, end: int) -> list[tuple[int, int]]:
    """Return what of a sent piece the board neither has nor holds."""
    first = ack.expected // GRAIN
    lacking: list[tuple[int, int]] = []
    at = max(start, ack.expected)
    while at < end:
        to = min(end, (at // GRAIN + 1) * GRAIN)
        if at // GRAIN - first not in ack.held:
            if lacking and lacking[-1][1] == at:
                lacking[-1] = (lacking[-1][0], to)
            else:
                lacking.append((at, to))
        at = to
    return lacking


def random_vectors(count: int, size: int) -> list[bytes]:
    chance = random.Random(count)
    return [b"\x11" + chance.randbytes(size - 1) for _ in range(count)]


probability = st.floats(0, 0.3)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.builds(
        Line,
        lost=probability,
        damaged=probability,
        doubled=probability,
        swapped=probability,
        seed=st.integers(0, 2**32),
    ),
    st.sampled_from([(1, 8), (200, 8), (2, BIG_BYTES)]),
    st.sampled_from([64, 100, 640, 2048]),
)
def test_every_result_comes_and_is_right(
    fake_board: FakeBoard, line: Line, vectors: tuple[int, int], piece_bytes: int
) -> None:
    count, size = vectors
    fake_board.exchange(b"\x00\x00\nmodel echo\n" if size == 8 else b"\x00\x00\nmodel big\n")
    host = Host(fake_board, line, random_vectors(count, size), piece_bytes)
    host.run()
    assert host.found == {k: OUTPUTS[size](vector) for k, vector in enumerate(host.vectors)}


@pytest.mark.parametrize(("lost", "most"), [(0.0, 1.0), (0.05, 1.2), (0.2, 1.45)])
def test_little_more_than_what_was_lost_is_sent_again(fake_board: FakeBoard, lost: float, most: float) -> None:
    """That is 1 / (1 - lost) times the data, and what the board cannot hold when a frame is lost twice."""
    line = Line(lost=lost, seed=3)
    line.to_host = list  # type: ignore[method-assign, assignment]
    host = Host(fake_board, line, random_vectors(3750, 8), 128)
    host.run()
    assert host.data_bytes_sent <= most * len(host.data)
