"""Vectors and results as docs/protocol.md, section 3, has them: pieces, acknowledgements, gaps, the window."""

from __future__ import annotations

import time
import zlib

import pytest

from mcubench.protocol import Board, VectorResult
from mcubench.protocol.frames import Ack, FrameType, offset_payload
from mcubench.pytest_plugin.wire import Wire

GAP = True
ODD_PIECE_BYTES = 97
SILENCE_S = 0.25


@pytest.fixture
def expected(wire: Wire, streaming) -> list[VectorResult]:
    """Results of the first four vectors, sent one frame or more per vector and one vector at a time."""
    results = []
    for index in range(4):
        send_in_pieces(wire, streaming, index * streaming.model.input_bytes, streaming.vector(index))
        results += wire.next_results(1, streaming.model.output_bytes)
    assert wire.seek(0) == Ack(0, False, False)
    return results


def send_in_pieces(wire: Wire, streaming, offset: int, data: bytes, piece_bytes: int | None = None) -> None:
    step = piece_bytes or streaming.board.frame_bytes
    for at in range(0, len(data), step):
        wire.send(wire.data(offset + at, data[at : at + step]))


def outputs(results: list[VectorResult]) -> list[tuple[int, int, int, bytes]]:
    """Return all but the cycles, which may differ from one inference to the next."""
    return [(each.index, each.status, each.input_crc32, each.output) for each in results]


def test_results_belong_to_their_inputs(streaming, expected) -> None:
    assert [each.index for each in expected] == [0, 1, 2, 3]
    assert [each.status for each in expected] == [0] * 4
    assert [each.input_crc32 for each in expected] == [zlib.crc32(streaming.vector(index)) for index in range(4)]
    assert min(each.cycles for each in expected) > 0


@pytest.mark.parametrize("piece_bytes", [ODD_PIECE_BYTES, 1_000_000], ids=["odd pieces", "largest frames"])
def test_pieces_of_any_size_give_the_same_results(wire: Wire, streaming, expected, piece_bytes: int) -> None:
    piece_bytes = min(piece_bytes, streaming.board.frame_bytes)
    send_in_pieces(wire, streaming, 0, streaming.payload(4), piece_bytes)
    assert outputs(wire.next_results(4, streaming.model.output_bytes)) == outputs(expected)


def test_quiet_run_computes_the_same_from_the_last_vector(wire: Wire, streaming, expected) -> None:
    send_in_pieces(wire, streaming, 0, streaming.vector(0))
    wire.next_results(1, streaming.model.output_bytes)
    words = wire.ask("run 2").final.words
    assert int(words["input_crc32"], 16) == zlib.crc32(streaming.vector(0))
    assert int(words["output_crc32"], 16) == zlib.crc32(expected[0].output)


def test_poll_tells_the_expected_offset(wire: Wire, streaming) -> None:
    assert wire.poll() == Ack(0, False, False)
    wire.send(wire.data(0, streaming.vector(0)[:5]))
    assert wire.poll() == Ack(5, False, False)


def test_model_command_starts_the_stream_anew(wire: Wire, streaming) -> None:
    wire.send(wire.data(0, streaming.vector(0)[:5]))
    wire.ask(f"model {streaming.model.name}")
    assert wire.poll() == Ack(0, False, False)


def test_seek_goes_to_any_vector(wire: Wire, streaming, expected) -> None:
    size = streaming.model.input_bytes
    assert wire.seek(3 * size) == Ack(3 * size, False, False)
    send_in_pieces(wire, streaming, 3 * size, streaming.vector(3))
    assert outputs(wire.next_results(1, streaming.model.output_bytes)) == outputs(expected[3:])


def test_seek_beyond_four_gigabytes_is_kept(wire: Wire, streaming, expected) -> None:
    index = 2**33 // streaming.model.input_bytes
    if index >= 2**32:
        index = 2**32 - 1
    offset = index * streaming.model.input_bytes
    assert wire.seek(offset) == Ack(offset, False, False)
    send_in_pieces(wire, streaming, offset, streaming.vector(1))
    (result,) = wire.next_results(1, streaming.model.output_bytes)
    assert (result.index, result.output) == (index, expected[1].output)


def test_seek_forgets_a_vector_that_came_in_part(wire: Wire, streaming, expected) -> None:
    wire.send(wire.data(0, b"\x55" * 5))
    assert wire.seek(0) == Ack(0, False, False)
    send_in_pieces(wire, streaming, 0, streaming.payload(1))
    assert outputs(wire.next_results(1, streaming.model.output_bytes)) == outputs(expected[:1])


@pytest.mark.usefixtures("streaming")
def test_seek_into_the_middle_of_a_vector_is_refused(wire: Wire) -> None:
    assert wire.seek(1) == Ack(0, GAP, False)
    assert wire.seek(0) == Ack(0, False, False)


def test_lost_frame_is_reported_once_and_made_good(wire: Wire, streaming, expected) -> None:
    payload = streaming.payload(2)
    wire.send(wire.data(0, payload[:5]))
    send_in_pieces(wire, streaming, 6, payload[6:], len(payload) // 4)  # byte 5 is missing
    assert wire.next_ack() == Ack(5, GAP, False)
    # A second report for the same offset would come before this answer.
    assert wire.seek(0) == Ack(0, False, False)
    send_in_pieces(wire, streaming, 0, payload)
    assert outputs(wire.next_results(2, streaming.model.output_bytes)) == outputs(expected[:2])


def test_repeated_frame_makes_no_second_result(wire: Wire, streaming) -> None:
    vector = streaming.vector(0)
    send_in_pieces(wire, streaming, 0, vector)
    wire.next_results(1, streaming.model.output_bytes)
    wire.send(wire.data(0, vector[:ODD_PIECE_BYTES]))
    assert wire.next_ack() == Ack(len(vector), GAP, False)
    assert wire.poll().expected == len(vector)


def test_data_goes_on_after_a_gap_at_the_expected_offset(wire: Wire, streaming, expected) -> None:
    wire.send(wire.data(9, b"\x01"))
    assert wire.next_ack() == Ack(0, GAP, False)
    send_in_pieces(wire, streaming, 0, streaming.vector(0))
    assert outputs(wire.next_results(1, streaming.model.output_bytes)) == outputs(expected[:1])
    assert wire.poll() == Ack(streaming.model.input_bytes, False, False)


def crc_errors(wire: Wire) -> int:
    return int(wire.ask("info").data("link")[0].words["crc_errors"])


@pytest.mark.usefixtures("streaming")
@pytest.mark.parametrize("place", ["code", "type", "payload", "crc"])
def test_damaged_frame_is_counted_and_reported(wire: Wire, place: str) -> None:
    before = crc_errors(wire)
    damaged = bytearray(wire.data(0, b"\x11" * 40))
    at = {"code": 2, "type": 3, "payload": 30, "crc": len(damaged) - 2}[place]
    damaged[at] ^= 0x40
    wire.send(bytes(damaged))
    assert wire.next_ack() == Ack(0, GAP, False)
    assert wire.seek(0) == Ack(0, False, False)
    assert crc_errors(wire) == before + 1


def test_frame_that_was_cut_off_does_not_harm_the_next(wire: Wire, streaming) -> None:
    stump = wire.data(0, streaming.vector(0))[:9]
    wire.send(stump + wire.frame(FrameType.POLL, b""))  # POLL's first delimiter ends the stump
    assert wire.next_ack() == Ack(0, GAP, False)
    assert wire.next_ack().expected == 0
    assert wire.seek(0) == Ack(0, False, False)


def test_text_is_read_again_after_silence_in_a_frame(wire: Wire, streaming) -> None:
    wire.send(wire.data(0, streaming.vector(0))[:9])
    time.sleep(2 * SILENCE_S)
    assert wire.ask("tick").final.kind == "ok"


def test_frame_longer_than_any_is_dropped(wire: Wire, streaming) -> None:
    wire.send(b"\0\1" + b"\x55" * (streaming.board.frame_bytes + 4000) + b"\0\0\n")
    wire.send(wire.frame(FrameType.SEEK, offset_payload(0)))
    acks = [wire.next_ack()]
    while acks[-1].gap:
        acks.append(wire.next_ack())
    assert acks[-1] == Ack(0, False, False)
    assert wire.ask("tick").final.kind == "ok"


@pytest.mark.usefixtures("streaming")
@pytest.mark.parametrize("kind", [FrameType.DATA, FrameType.SEEK, FrameType.POLL])
def test_payload_of_wrong_length_is_not_taken(wire: Wire, kind: FrameType) -> None:
    wire.send(wire.frame(kind, b"\0" * (8 if kind == FrameType.DATA else 7)))
    assert wire.next_ack() == Ack(0, GAP, False)


def test_text_between_frames_is_answered(wire: Wire, streaming) -> None:
    vector = streaming.vector(0)
    wire.send(wire.data(0, vector[:5]) + b"tick\n" + wire.data(5, vector[5:6]))
    assert wire.next_line().startswith("ok cycles=")
    assert wire.poll() == Ack(6, False, False)


def test_frames_may_share_a_delimiter(wire: Wire, streaming) -> None:
    vector = streaming.vector(0)
    wire.send(wire.data(0, vector[:3])[:-1] + wire.data(3, vector[3:5])[:-1] + wire.frame(FrameType.POLL, b""))
    assert wire.next_ack() == Ack(5, False, False)


def test_frames_without_a_model_are_answered_so(dut: Board, wire: Wire) -> None:
    dut.reset()
    assert wire.poll().no_model
    wire.send(wire.data(0, b"\x11"))
    assert wire.next_ack().no_model


def test_full_window_loses_nothing(wire: Wire, streaming) -> None:
    window, offset, sent = streaming.board.window_bytes, 0, b""
    payload = streaming.payload(1 + window // streaming.model.input_bytes)
    while True:
        frame = wire.data(offset, payload[offset : offset + min(200, streaming.board.frame_bytes)])
        if len(sent) + len(frame) > window:
            break
        offset += min(200, streaming.board.frame_bytes)
        sent += frame
    wire.send(sent)
    results = wire.next_results(offset // streaming.model.input_bytes, streaming.model.output_bytes)
    assert [each.input_crc32 for each in results] == [
        zlib.crc32(streaming.vector(index)) for index in range(len(results))
    ]
