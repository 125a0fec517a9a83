"""A lying board: its results come whole and in order, and only a comparison with the right outputs tells."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from listed_link import ListedLink

from mcubench.deadline import Deadline
from mcubench.link import FaultyCable, Link, parse_line_fault
from mcubench.protocol import Board, LyingLink, VectorResult, VectorStream
from mcubench.protocol.frames import Ack, FrameType, Results, ack_payload, encode_frame, result_payload

# Below 0x80, because the model fails on some first bytes that are not.
VECTORS = bytes(byte & 0x7F for byte in random.Random(4).randbytes(8 * 500))


def echoed(index: int) -> bytes:
    """What the model `echo` makes of a vector."""
    data = VECTORS[8 * index : 8 * index + 8]
    return bytes((data[i] + 2 * data[i + 4] + 1) % 256 for i in range(4))


def outputs(link: Link) -> dict[int, bytes]:
    board = Board(link)
    board.connect()
    results = list(VectorStream(board, board.select("echo"), VECTORS))
    assert {result.status for result in results} == {0}
    assert len(results) == 500
    return {result.index: result.output for result in results}


def wrong_bits(told: dict[int, bytes]) -> dict[int, int]:
    """Return the bits that differ, by vector, as a number."""
    differences = {k: int.from_bytes(told[k], "big") ^ int.from_bytes(echoed(k), "big") for k in told}
    return {k: bits for k, bits in differences.items() if bits}


def test_lies_are_what_a_bit_exact_comparison_finds(echo_port: str) -> None:
    with LyingLink(Link(echo_port), 0.1, 7) as link:
        lies = wrong_bits(outputs(link))
    assert 20 < len(lies) < 100
    assert {bits.bit_count() for bits in lies.values()} == {1}
    with LyingLink(Link(echo_port), 0.1, 7) as link:
        assert wrong_bits(outputs(link)) == lies
    with LyingLink(Link(echo_port), 0.1, 8) as link:
        assert wrong_bits(outputs(link)).keys() != lies.keys()
    with LyingLink(Link(echo_port), 0.0) as link:
        assert wrong_bits(outputs(link)) == {}


def test_lies_are_the_same_over_a_line_that_loses_results(echo_port: str) -> None:
    cable = FaultyCable([parse_line_fault("flip:rate=5e-5"), parse_line_fault("drop:rate=5e-4")])
    with LyingLink(Link(echo_port), 0.1, 7) as link:
        lies = wrong_bits(outputs(link))
    with LyingLink(cable.open(echo_port, lambda: Link(echo_port)), 0.1, 7) as link:
        assert wrong_bits(outputs(link)) == lies


RESULT = encode_frame(
    FrameType.RESULT, 5, result_payload(Results(80, 3, [VectorResult(k, 0, 9, k, bytes(10)) for k in range(5)]))
)
FAILED = encode_frame(
    FrameType.RESULT, 6, result_payload(Results(80, 3, [VectorResult(9, -1, 9, 9, bytes(10))]))
)  # an engine's error: the output counts for nothing
OTHERS = [
    b"ok n=1 #1:01020304\n", b"\0", b"\1", b"half a line", RESULT[:-9] + b"\0", FAILED, b"\0\1" + b"\7" * 70_000,
    encode_frame(FrameType.ACK, 1, ack_payload(Ack(5, 6, 7))), encode_frame(FrameType.RESULT, 1, b"\0" * 14),
    encode_frame(FrameType.RESULT, 1, b"\1" * 20), encode_frame(FrameType.ECHOED, 1, RESULT),
]  # fmt: skip


def heard(chunks: list[bytes], rate: float) -> bytes:
    link = LyingLink(ListedLink(chunks), rate)
    return b"".join(iter(lambda: link.read(100, Deadline.after(0)), b""))


@given(st.lists(st.sampled_from(OTHERS) | st.binary(max_size=40), max_size=12), st.integers(1, 5000))
def test_everything_but_results_passes_as_it_is(said: list[bytes], chunk_bytes: int) -> None:
    data = b"".join(said) + b"\0\n"  # of a frame nothing passes before its end
    chunks = [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]
    assert heard(chunks, 1.0) == data


@given(st.integers(1, 200))
def test_a_result_is_changed_however_it_is_cut(chunk_bytes: int) -> None:
    data = b"\n" + RESULT + RESULT[1:] + b"ok\n"
    chunks = [data[at : at + chunk_bytes] for at in range(0, len(data), chunk_bytes)]
    told = heard(chunks, 1.0)
    assert told == heard([data], 1.0)
    assert told != data
    assert len(told) in range(len(data) - 60, len(data) + 60)
    assert heard(chunks, 0.0) == data
