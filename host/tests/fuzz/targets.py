"""What is done with bytes from outside: each function takes any, and fails only by an error that is none of ours."""

from __future__ import annotations

from collections.abc import Callable

from hostile_board import INPUT_BYTES, OUTPUT_BYTES, Clock, HostileBoard, Script, vectors

from mcubench.errors import InputError, McubenchError
from mcubench.link import parse_line_fault
from mcubench.protocol import Board, LyingLink, ModelInfo, VectorStream, answers, lower_baud, raise_baud
from mcubench.protocol.answers import Answer
from mcubench.protocol.cobs import cobs_decode
from mcubench.protocol.frames import LARGEST_BODY_BYTES, decode_frame, parse_ack, parse_result, result_output_bytes
from mcubench.protocol.splitter import LONGEST_LINE_BYTES, CodedFrame, Splitter
from mcubench.protocol.text import parse_line, split_trailer

__all__ = ["TARGETS"]

MODEL = ModelInfo(0, "m", "00", INPUT_BYTES, "uint8", OUTPUT_BYTES, "uint8", None, None, 1)
READERS: tuple[Callable[[Answer], object], ...] = (
    answers.read_info,
    answers.read_models,
    answers.read_model,
    answers.read_clocks,
    answers.read_clock_state,
    answers.read_tick,
    answers.read_run,
    answers.read_layers,
)
FAULTS = (
    "", "flip:rate=", "drop:to=", "double:", "reorder:seed=", "stall:rate=1,for_s=", "truncate:rate=.1,",
    "disconnect:every_bytes=", "disconnect:every_s=", "disconnect:every_s=1,away_s=", "lie:rate=1,", "lie:rate=1,seed=",
)  # fmt: skip


def split_bytes(data: bytes) -> None:
    """What arrives, in chunks, as lines and frames."""
    splitter = Splitter()
    chunk_bytes = 1 + (data[0] if data else 0)
    for at in range(0, len(data), chunk_bytes):
        for event in splitter.feed(data[at : at + chunk_bytes]):
            if isinstance(event, CodedFrame):
                assert len(event.body) <= LARGEST_BODY_BYTES
                decode_body(event.body)
            else:
                assert len(event.text) <= LONGEST_LINE_BYTES
                read_text(event.text.encode())


def decode_body(data: bytes) -> None:
    """The coded body of a frame, and payloads of each type."""
    cobs_decode(data)
    frame = decode_frame(data)
    payload = frame.payload if frame else data
    parse_ack(payload)
    output_bytes = result_output_bytes(payload)
    assert output_bytes is None or parse_result(payload, output_bytes)
    parse_result(payload, data[0] if data else 0)


def read_text(data: bytes) -> None:
    """An answer of several lines, to each command."""
    lines = data.decode("ascii", "replace").replace("\ufffd", "?").split("\n")
    for line in lines:
        split_trailer(line)
    answer = Answer(tuple(parse_line(line) for line in lines[:-1]), parse_line(lines[-1]))
    for read in READERS:
        try:
            read(answer)
        except ValueError:
            continue


def read_fault(data: bytes) -> None:
    """What follows --line-fault: the first byte picks how it begins."""
    begun = FAULTS[data[0] % len(FAULTS)] if data else ""
    try:
        parse_line_fault(begun + data[1:].decode("utf-8", "replace"))
    except InputError:
        return


def talk(data: bytes) -> None:
    """A whole session with a board that says what it likes."""
    clock, script = Clock(), Script(data)
    lies = script.number() % 4 == 0
    hostile = HostileBoard(script, clock)
    link = LyingLink(hostile, 0.5) if lies else hostile
    with clock.running():
        start_s = clock.now_s
        board = Board(link)
        commands: tuple[Callable[[], object], ...] = (
            board.connect,
            lambda: list(VectorStream(board, MODEL, vectors())),
            board.models,
            board.clocks,
            lambda: board.select("m", 3),
            lambda: board.set_clock("a", {"icache": True}),
            board.tick,
            lambda: board.run(3, expected_s=0.1),
            board.layers,
            lambda: raise_baud(board),
            lambda: lower_baud(board),
            board.info,
            board.reset,
        )
        for number in (0, *script.take(3)):
            try:
                commands[number % len(commands)]()
            except McubenchError as exc:
                assert "\n" not in str(exc)
        # Every wait has a deadline: so much at most, for four commands, whatever the board says.
        assert clock.now_s - start_s < 2000


TARGETS: dict[str, Callable[[bytes], None]] = {
    "split": split_bytes,
    "decode": decode_body,
    "text": read_text,
    "fault": read_fault,
    "talk": talk,
}
