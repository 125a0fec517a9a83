"""Vectors and results as docs/protocol.md, section 3, has them: pieces, acknowledgements, losses, the window."""

from __future__ import annotations

import time
import zlib

import pytest

from mcubench.protocol import Board, VectorResult
from mcubench.protocol.frames import Ack, FrameType
from mcubench.pytest_plugin.wire import Wire

ODD_PIECE_BYTES = 97
SILENCE_S = 0.25


@pytest.fixture
def expected(wire: Wire, streaming) -> list[VectorResult]:
    """Results of the first four vectors, sent one frame or more per vector and one vector at a time."""
    results = []
    for index in range(4):
        send_in_pieces(wire, streaming, index * streaming.model.input_bytes, streaming.vector(index))
        results += wire.next_results(1, streaming.model.output_bytes)
    check(wire, wire.seek(0), 0)
    return results


def check(wire: Wire, ack: Ack, expected: int, refused: bool = False, hold_map: bytes = b"") -> None:
    """Check where the board stands once it has taken the last frame that was made."""
    assert (ack.expected, ack.seen, ack.refused, ack.hold_map) == (expected, wire.last_seq, refused, hold_map)
    assert not ack.no_model


@pytest.fixture
def in_step(wire: Wire, streaming) -> Wire:  # noqa: ARG001 - a model is selected
    """The wire, once the board has taken a frame of it: the next one follows, so that it gets no ACK for itself."""
    check(wire, wire.poll(), 0)
    return wire


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


def test_poll_tells_the_expected_offset(in_step: Wire, streaming) -> None:
    in_step.send(in_step.data(0, streaming.vector(0)[:5]))
    check(in_step, in_step.poll(), 5)


def test_model_command_starts_the_stream_anew(in_step: Wire, streaming) -> None:
    in_step.send(in_step.data(0, streaming.vector(0)[:5]))
    in_step.ask(f"model {streaming.model.name}")
    check(in_step, in_step.poll(), 0)


def test_seek_goes_to_any_vector(wire: Wire, streaming, expected) -> None:
    size = streaming.model.input_bytes
    check(wire, wire.seek(3 * size), 3 * size)
    send_in_pieces(wire, streaming, 3 * size, streaming.vector(3))
    assert outputs(wire.next_results(1, streaming.model.output_bytes)) == outputs(expected[3:])


def test_seek_beyond_four_gigabytes_is_kept(wire: Wire, streaming, expected) -> None:
    index = 2**33 // streaming.model.input_bytes
    if index >= 2**32:
        index = 2**32 - 1
    offset = index * streaming.model.input_bytes
    check(wire, wire.seek(offset), offset)
    send_in_pieces(wire, streaming, offset, streaming.vector(1))
    (result,) = wire.next_results(1, streaming.model.output_bytes)
    assert (result.index, result.output) == (index, expected[1].output)


def test_seek_forgets_a_vector_that_came_in_part(wire: Wire, streaming, expected) -> None:
    wire.send(wire.data(0, b"\x55" * 5))
    check(wire, wire.seek(0), 0)
    send_in_pieces(wire, streaming, 0, streaming.payload(1))
    assert outputs(wire.next_results(1, streaming.model.output_bytes)) == outputs(expected[:1])


@pytest.mark.usefixtures("streaming")
def test_seek_into_the_middle_of_a_vector_is_refused(wire: Wire) -> None:
    check(wire, wire.seek(1), 0, refused=True)
    check(wire, wire.seek(0), 0)


def test_lost_frame_is_reported_and_made_good(wire: Wire, streaming, expected) -> None:
    payload = streaming.payload(2)
    wire.send(wire.data(0, payload[:5]))
    wire.data(5, payload[5:6])  # never sent
    wire.send(wire.data(6, payload[6:7]))
    check(wire, wire.next_ack(), 5)
    wire.send(wire.data(7, payload[7:8]))  # follows the one before: nothing new to report
    check(wire, wire.seek(0), 0)
    send_in_pieces(wire, streaming, 0, payload)
    assert outputs(wire.next_results(2, streaming.model.output_bytes)) == outputs(expected[:2])


def test_whole_grains_behind_a_lost_frame_are_held(wire: Wire, streaming, expected) -> None:
    grain, size = streaming.board.grain_bytes, streaming.model.input_bytes
    if streaming.board.hold_bytes < 4 * grain or 2 * size < 4 * grain:
        pytest.skip("this board holds less than four grains, or two vectors have less")
    payload = streaming.payload(2)
    wire.data(0, payload[:grain])  # never sent
    wire.send(wire.data(grain, payload[grain : 3 * grain + 1]))
    check(wire, wire.next_ack(), 0, hold_map=b"\x06")
    wire.send(wire.data(0, payload[:grain]))
    check(wire, wire.poll(), 3 * grain)
    send_in_pieces(wire, streaming, 3 * grain, payload[3 * grain :])
    assert outputs(wire.next_results(2, streaming.model.output_bytes)) == outputs(expected[:2])


def test_repeated_frame_makes_no_second_result(in_step: Wire, streaming) -> None:
    vector = streaming.vector(0)
    send_in_pieces(in_step, streaming, 0, vector)
    in_step.next_results(1, streaming.model.output_bytes)
    in_step.send(in_step.data(0, vector[:ODD_PIECE_BYTES]))
    check(in_step, in_step.poll(), len(vector))


def test_results_that_are_kept_come_again(wire: Wire, streaming, expected) -> None:
    send_in_pieces(wire, streaming, 0, streaming.payload(4))
    wire.next_results(4, streaming.model.output_bytes)
    oldest = wire.poll().oldest
    if oldest > 2:
        pytest.skip("this board has no room to keep two results")
    wire.again(2)
    assert outputs(wire.next_results(2, streaming.model.output_bytes)) == outputs(expected[2:])
    check(wire, wire.next_ack(), 4 * streaming.model.input_bytes)
    wire.seek(0)
    assert wire.poll().oldest == 0, "what was kept is forgotten"
    wire.again(0)
    check(wire, wire.next_ack(), 0)


@pytest.mark.parametrize("data", [b"\x00", b"\x01\x00\xff", None], ids=["zero", "three", "largest"])
def test_echo_brings_back_what_was_sent(in_step: Wire, streaming, data: bytes | None) -> None:
    data = data or bytes(place % 251 for place in range(streaming.board.frame_bytes))
    assert in_step.echo(data) == data
    check(in_step, in_step.poll(), 0)


def crc_errors(wire: Wire) -> int:
    return int(wire.ask("info").data("link")[0].words["crc_errors"])


@pytest.mark.parametrize("place", ["code", "type", "payload", "crc"])
def test_damaged_frame_is_counted_and_missed(in_step: Wire, place: str) -> None:
    before = crc_errors(in_step)
    damaged = bytearray(in_step.data(0, b"\x11" * 40))
    at = {"code": 2, "type": 3, "payload": 30, "crc": len(damaged) - 2}[place]
    damaged[at] ^= 0x40
    in_step.send(bytes(damaged))
    in_step.send(in_step.data(40, b"\x22"))
    check(in_step, in_step.next_ack(), 0)
    assert crc_errors(in_step) == before + 1


def test_frame_that_was_cut_off_does_not_harm_the_next(in_step: Wire, streaming) -> None:
    stump = in_step.data(0, streaming.vector(0))[:9]
    in_step.send(stump + in_step.frame(FrameType.POLL, b""))  # POLL's first delimiter ends the stump
    check(in_step, in_step.next_ack(), 0)
    check(in_step, in_step.seek(0), 0)


def test_text_is_read_again_after_silence_in_a_frame(wire: Wire, streaming) -> None:
    wire.send(wire.data(0, streaming.vector(0))[:9])
    time.sleep(2 * SILENCE_S)
    assert wire.ask("tick").final.kind == "ok"


def test_frame_longer_than_any_is_dropped(wire: Wire, streaming) -> None:
    wire.send(b"\0\1" + b"\x55" * (streaming.board.frame_bytes + 4000) + b"\0\0\n")
    check(wire, wire.seek(0), 0)
    assert wire.ask("tick").final.kind == "ok"


WRONG_LENGTHS = {
    FrameType.DATA: 8,
    FrameType.SEEK: 7,
    FrameType.POLL: 1,
    FrameType.AGAIN: 3,
    FrameType.ECHO: 0,
}


@pytest.mark.parametrize(("kind", "length"), WRONG_LENGTHS.items(), ids=[kind.name for kind in WRONG_LENGTHS])
def test_payload_of_wrong_length_is_damage(in_step: Wire, kind: FrameType, length: int) -> None:
    before = crc_errors(in_step)
    in_step.send(in_step.frame(kind, b"\0" * length))
    check(in_step, in_step.poll(), 0)
    assert crc_errors(in_step) == before + 1


def test_frame_of_an_unknown_type_counts_as_seen(in_step: Wire) -> None:
    before = crc_errors(in_step)
    in_step.send(in_step.frame(FrameType.ECHOED, b"not for a board"))
    check(in_step, in_step.poll(), 0)
    assert crc_errors(in_step) == before


def test_text_between_frames_is_answered(in_step: Wire, streaming) -> None:
    vector = streaming.vector(0)
    in_step.send(in_step.data(0, vector[:5]) + b"tick\n" + in_step.data(5, vector[5:6]))
    assert in_step.next_line().startswith("ok cycles=")
    check(in_step, in_step.poll(), 6)


def test_frames_may_share_a_delimiter(in_step: Wire, streaming) -> None:
    vector = streaming.vector(0)
    frames = (in_step.data(0, vector[:3]), in_step.data(3, vector[3:5]), in_step.frame(FrameType.POLL, b""))
    in_step.send(frames[0][:-1] + frames[1][:-1] + frames[2])
    check(in_step, in_step.next_ack(), 5)


def test_frames_without_a_model_are_answered_so(board: Board, wire: Wire) -> None:
    board.reset()
    assert wire.poll().no_model
    wire.send(wire.data(0, b"\x11"))
    ack = wire.poll()
    assert (ack.expected, ack.seen, ack.no_model) == (0, wire.last_seq, True)


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
