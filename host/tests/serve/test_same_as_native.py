"""The Python board and the firmware's core, on the PC, are told the same and answer the same."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mcubench.boards import ChildBoard
from mcubench.deadline import Deadline
from mcubench.link import Link
from mcubench.protocol.channel import Channel
from mcubench.protocol.frames import (
    Ack,
    Frame,
    FrameType,
    VectorResult,
    again_payload,
    data_payload,
    encode_frame,
    offset_payload,
    parse_ack,
    parse_result,
)
from mcubench.protocol.splitter import TextLine
from mcubench.protocol.text import Line, add_trailer, parse_line, split_trailer

ANSWER_TIMEOUT_S = 20.0
WAKE_UP = b"\0\0\n"
END_SEQ = 65000
# Words that differ from one time to the next, or that only one of the two boards knows.
VARYING = {"hz", "cycles", "values", "overhead_cycles", "flash_bytes"}
# Lines of `info` in which two boards must differ.
IDENTITY = {"board", "build", "memory"}
RESULT_HEAD_BYTES, ITEM_HEAD_BYTES = 14, 9


@dataclass
class Said:
    """What a board answered: lines with their sequence numbers, and what was in frames, however it was batched."""

    lines: list[tuple[int | None, Line]] = field(default_factory=list)
    acks: list[Ack] = field(default_factory=list)
    results: list[VectorResult] = field(default_factory=list)
    echoes: list[bytes] = field(default_factory=list)

    def take(self, event: TextLine | Frame) -> None:
        if isinstance(event, TextLine):
            text, seq = split_trailer(event.text) or (event.text, None)
            line = parse_line(text)
            if line.kind in IDENTITY:
                return
            words = {key: value for key, value in line.words.items() if key not in VARYING}
            self.lines.append((seq, Line(line.kind, line.values, words)))
        elif event.type == FrameType.ACK:
            ack = parse_ack(event.payload)
            assert ack
            self.acks.append(ack)
        elif event.type == FrameType.ECHOED:
            self.echoes.append(event.payload)
        else:
            count = event.payload[RESULT_HEAD_BYTES - 1]
            parsed = parse_result(event.payload, (len(event.payload) - RESULT_HEAD_BYTES) // count - ITEM_HEAD_BYTES)
            assert parsed
            self.results += [VectorResult(r.index, r.status, 0, r.input_crc32, r.output) for r in parsed.results]


class Pair:
    """Both boards."""

    def __init__(self, native: Channel, python: Channel) -> None:
        self._channels = (native, python)

    def tell(self, data: bytes) -> Said:
        """Send the same bytes to both; return what both answered."""
        for channel in self._channels:
            channel.send_bytes(data + WAKE_UP)
            channel.send_text(add_trailer("tick", END_SEQ))
        native, python = map(hear, self._channels)
        assert python == native
        return python


def hear(channel: Channel) -> Said:
    said = Said()
    deadline = Deadline.after(ANSWER_TIMEOUT_S)
    while not (said.lines and said.lines[-1][0] == END_SEQ):
        event = channel.receive(deadline)
        assert event, f"no end after {said}"
        said.take(event)
    return said


@pytest.fixture(scope="module")
def pair(echo_program: Path) -> Iterator[Pair]:
    program = str(Path(__file__).parent / "echo_board.py")
    with (
        ChildBoard("native", [str(echo_program)]) as native,
        ChildBoard("python", [sys.executable, program]) as python,
        Link(native.port) as to_native,
        Link(python.port) as to_python,
    ):
        channels = Channel(to_native), Channel(to_python)
        for channel in channels:
            channel.send_bytes(WAKE_UP)
            channel.send_text(add_trailer("tick", END_SEQ))
            hear(channel)  # the native board's boot line waits for whoever opens its port
        yield Pair(*channels)


COMMANDS = [
    "help", "models", "model echo", "model 1", "model broken", "model wide", "model deep", "model", "model nothing",
    "model 5", "model 01", "model -1", "model 4294967296", "model echo twice", "model echo arena=12",
    "model echo arena=11", "model big arena=32768", "model big arena=32769", "model echo arena=0",
    "model echo arena=1k", "model echo arena=", "model echo arena=4294967296", "model echo arena=20 20", "model Echo",
    "model echo", "clock", "clock 17", "clock HOST", "run", "run 0", "run 1", "run 8", "run 9", "run 1000", "run 1001",
    "run 007", "run -1", "run 1e3", "run 99999999999999999999", "run 1 cold=1", "run 2 cold=0", "run 1 cold=2",
    "run 1 warm=1", "run 1 cold=1 cold=1", "tick now", "info all", "help me", "reset now", "layers 3",
    "INFO", "inf", "#", "ok", "%",
    "%20", "= =", "x" * 255, "x" * 256, "tick" + " " * 251, "tick" + " " * 252, "y" * 5000,
]  # fmt: skip


def test_commands(pair: Pair) -> None:
    """One after the other, so that each meets what those before it left; first with no model."""
    pair.tell(b"model broken\n")
    for command in ("run 1", "layers", *COMMANDS, *reversed(COMMANDS)):
        said = pair.tell(command.encode() + b"\n")
        assert said.lines


@pytest.mark.parametrize("seq", [0, 7, 65535])
def test_trailers(pair: Pair, seq: int) -> None:
    for command in ("models", "model echo", "run 3", "run x", "nothing", " ", "  tick  "):
        said = pair.tell(add_trailer(command, seq).encode() + b"\n")
        assert {each for each, _ in said.lines} == {seq, END_SEQ}


@pytest.mark.parametrize(
    "line",
    [
        "tick #7:00000000", "tick #7:0000000", "tick #", "tick #7", "tick #7:", "tick #:", add_trailer("tick", 65536),
        add_trailer("tick", -1), add_trailer("tick", 7).upper(), add_trailer("tick", 7).replace("#7", "#8"),
    ],
)  # fmt: skip
def test_wrong_trailers(pair: Pair, line: str) -> None:
    assert pair.tell(line.encode() + b"\n").lines[0] == (None, Line("error", ("crc",)))


def data(offset: int, content: bytes, seq: int = 0) -> bytes:
    return encode_frame(FrameType.DATA, seq, data_payload(offset, content))


def part(start: int, stop: int, seq: int = 0) -> bytes:
    return data(start, VECTORS[start:stop], seq)


def seek(offset: int) -> bytes:
    return encode_frame(FrameType.SEEK, 0, offset_payload(offset))


def again(index: int) -> bytes:
    return encode_frame(FrameType.AGAIN, 0, again_payload(index))


def echo(content: bytes) -> bytes:
    return encode_frame(FrameType.ECHO, 0, content)


VECTOR = bytes(range(1, 9))
VECTORS = bytes(number % 251 for number in range(20000))
POLL = encode_frame(FrameType.POLL, 0, b"")


@pytest.mark.parametrize(
    "sent",
    [
        data(0, bytes(8 * 200)),
        data(0, b"\xee" + bytes(7) + bytes(range(8))),
        data(0, VECTOR[:5]) + b"run 1\n" + data(5, VECTOR[5:]) + b"run 1\n",
        data(0, VECTOR + VECTOR[:3]) + b"run 1\n" + data(11, VECTOR[3:]) + b"run 1\n",
        data(0, b"\x55" * 5) + seek(0) + data(0, VECTOR),
        data(0, bytes(8)) + data(16, bytes(8)) + data(24, bytes(8)) + POLL + seek(8) + data(8, bytes(range(8))),
        data(8, bytes(8)) + data(0, bytes(8)) + POLL,
        seek(8 * (2**32 - 1)) + data(8 * (2**32 - 1), bytes(16)) + POLL,
        # Out of order: held by grains, as far as there is room; what was held is taken in when the gap is filled.
        part(64, 640) + part(700, 900) + POLL + part(0, 64) + POLL + part(640, 704) + POLL,
        b"".join(part(at, at + 1000) for at in range(1000, 10000, 1000)) + POLL + part(0, 1000) + POLL,
        part(8192, 8256) + part(8128, 8192) + POLL + seek(8) + POLL + part(0, 200) + POLL,
        part(40, 200) + part(0, 100) + POLL + part(50, 150) + POLL,
        # Frames that follow one another are not answered, those after a loss are.
        POLL + part(0, 8, 1) + part(8, 16, 2) + part(24, 32, 4) + part(16, 24, 5) + encode_frame(0x7F, 9, b""),
        data(0, VECTORS[:80]) + again(3) + again(0) + again(10) + again(2**32 - 1) + data(80, VECTORS[:8]) + again(9),
        data(0, VECTORS[:1600]) + again(0) + again(50) + POLL + seek(80) + again(0) + again(10),
        encode_frame(FrameType.AGAIN, 0, bytes(3)) + encode_frame(FrameType.AGAIN, 0, bytes(5)) + POLL,
        echo(b"x") + echo(bytes(range(256)) * 10) + echo(bytes(2561)) + echo(b"") + data(0, VECTOR),
        b"model deep\n" + data(0, VECTOR + b"\xee" + VECTOR[1:] + VECTOR) + again(0) + POLL,
        seek(8 * 2**32) + seek(2**64 - 8) + seek(7) + POLL,
        data(0, b"") + encode_frame(FrameType.SEEK, 0, bytes(7)) + encode_frame(FrameType.POLL, 0, b"x"),
        encode_frame(0x7F, 0, b"of a later version") + encode_frame(FrameType.ACK, 0, bytes(9)) + POLL,
        b"\0\1\0\0\1\xff\0\0\1" + b"\2" * 3000 + b"\0",
        b"\0\1" + b"\2" * 2588 + b"\n" + POLL,
        b"\0\1" + b"\2" * 2587 + b"\0" + POLL,
        data(0, bytes(2560)) + data(2560, bytes(2561)) + POLL,
        data(0, bytes(8))[1:] + data(0, bytes(8))[:-1] + data(8, bytes(8)) + POLL,
        data(0, bytes(8))[:9] + POLL,
        b"model broken\n" + POLL + data(0, bytes(8)) * 2 + seek(0),
        b"in\rfo\n\tinfo\n\xff\n\r\n\r\r\n \n" + b"\x80" * 400 + b"\n" + b"z" * 300 + b"\x80" + b"z" * 300 + b"\n",
        b"z" * 300 + b"\x80\n" + b"z" * 300 + b"\r\n" + b"z" * 255 + b"\r\n" + b"z" * 300 + b"\r" + b"z" * 9 + b"\n",
    ],
)  # fmt: skip
def test_frames(pair: Pair, sent: bytes) -> None:
    pair.tell(b"model echo\n" + sent + WAKE_UP + b"info\n")


def test_a_large_vector_is_acknowledged_on_its_way(pair: Pair) -> None:
    pair.tell(b"model big\n" + encode_frame(FrameType.POLL, 0xFF, b""))
    pieces = [pair.tell(data(at, VECTORS[at : at + 500], at // 500)) for at in range(0, len(VECTORS), 500)]
    assert [ack.expected for piece in pieces for ack in piece.acks] == [8000, 16000, 20000]
    assert [len(piece.results) for piece in pieces] == [0] * 39 + [1]


commands = st.sampled_from([each for each in COMMANDS if len(each) < 40]).map(lambda text: text.encode() + b"\n")
trailed = st.tuples(st.sampled_from(COMMANDS), st.integers(0, END_SEQ - 1)).map(
    lambda pair: add_trailer(*pair).encode() + b"\n"
)
contents = st.binary(max_size=60)
next_data = st.tuples(st.integers(0, 5), st.binary(min_size=8, max_size=16)).map(
    lambda pair: data(8 * pair[0], pair[1])
)
any_data = st.tuples(st.integers(0, 64), contents).map(lambda pair: data(*pair))
far_data = st.tuples(st.integers(0, 10000), st.integers(1, 1000), st.integers(0, 3)).map(
    lambda drawn: part(drawn[0], drawn[0] + drawn[1], drawn[2])
)
agains = st.integers(0, 12).map(again)
seeks = st.one_of(st.integers(0, 8).map(lambda index: seek(8 * index)), st.integers(0, 2**64 - 1).map(seek))
whole = st.one_of(commands, trailed, next_data, any_data, far_data, seeks, agains, contents.map(echo), st.just(POLL))
cut = st.tuples(whole, st.integers(0, 40)).map(lambda pair: pair[0][: pair[1]])
flipped = st.tuples(whole, st.integers(0, 10**6)).map(
    lambda pair: bytes(byte ^ (at == pair[1] % len(pair[0])) for at, byte in enumerate(pair[0]))
)
pieces = st.one_of(whole, whole, cut, flipped, contents)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(pieces, max_size=12))
def test_anything(pair: Pair, sent: list[bytes]) -> None:
    pair.tell(WAKE_UP + b"model echo\n" + b"".join(sent) + WAKE_UP + b"info\n")
