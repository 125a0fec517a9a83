from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from mcubench.protocol.frames import LARGEST_BODY_BYTES, encode_frame
from mcubench.protocol.splitter import LONGEST_LINE_BYTES, CodedFrame, Splitter, TextLine

pieces = st.lists(
    st.binary(max_size=30)
    | st.sampled_from([b"\0", b"\1", b"\n", b"\r\n", b"ok n=1\n", b"\0\0\n", encode_frame(2, 0, b"abc")])
).map(b"".join)


def reference(data: bytes) -> Iterator[TextLine | CodedFrame]:
    """The state table of docs/protocol.md, section 1, byte by byte."""
    state, held = "TEXT", b""
    for number in data:
        byte = bytes([number])
        if state == "START" and number > 1:
            state, held = "TEXT", b""
        if state == "START":
            state, held = ("FRAME", byte) if number == 1 else ("START", b"")
        elif state == "FRAME":
            if number == 0:
                yield CodedFrame(held)
            state, held = ("START", b"") if number == 0 else ("FRAME", held + byte)
        elif number == 0:
            state, held = "START", b""
        elif byte == b"\n":
            line, held = held.removesuffix(b"\r"), b""
            if line and all(0x20 <= each <= 0x7E for each in line):
                yield TextLine(line.decode())
        else:
            held += byte


@given(pieces)
def test_it_does_what_the_table_says(data: bytes) -> None:
    assert list(Splitter().feed(data)) == list(reference(data))


@given(pieces, st.lists(st.integers(1, 7), min_size=1))
def test_chunks_do_not_matter(data: bytes, sizes: list[int]) -> None:
    splitter, at, found = Splitter(), 0, []
    while at < len(data):
        size = sizes[at % len(sizes)]
        found += splitter.feed(data[at : at + size])
        at += size
    assert found == list(Splitter().feed(data))


@given(st.binary(max_size=300))
def test_after_any_garbage_the_next_delimiter_is_enough(garbage: bytes) -> None:
    splitter = Splitter()
    list(splitter.feed(garbage))
    found = list(splitter.feed(b"\0\0\n" + b"ok\n" + encode_frame(3, 0, b"")))
    assert found[-2:] == [TextLine("ok"), CodedFrame(encode_frame(3, 0, b"")[1:-1])]


def test_two_frames_may_share_their_delimiter() -> None:
    frame = encode_frame(3, 0, b"")
    assert list(Splitter().feed(frame + frame[1:])) == [CodedFrame(frame[1:-1])] * 2


def test_silence_ends_a_frame_but_not_a_line() -> None:
    splitter = Splitter()
    list(splitter.feed(b"\0\1abc"))
    splitter.silence()
    assert list(splitter.feed(b"boot board=x\n")) == [TextLine("boot board=x")]
    list(splitter.feed(b"half a li"))
    splitter.silence()
    assert list(splitter.feed(b"ne\n")) == [TextLine("half a line")]


def test_memory_stays_bounded() -> None:
    splitter = Splitter()
    for _ in range(200):
        assert list(splitter.feed(b"x" * 1000)) == []
        assert len(splitter._held) <= LONGEST_LINE_BYTES
    assert list(splitter.feed(b"x\nok\n")) == [TextLine("ok")]
    list(splitter.feed(b"\0\1"))
    for _ in range(200):
        list(splitter.feed(b"x" * 1000))
        assert len(splitter._held) <= LARGEST_BODY_BYTES
    assert list(splitter.feed(b"\0\0\nok\n")) == [TextLine("ok")]
    assert splitter.noise_bytes > 300_000
