"""The timed window on virtual chips: whatever the line carries or the board did before, `run` gives the same cycles."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import wire_reference as wire
from core_boards import PtyBoard
from pio import build_image

pytest.importorskip("unicorn", reason="the emulator comes with the extra `virtual`")

CHIPS = ("stm32f746", "nrf52840")
MODEL = "mnist-int8"
VECTOR = random.Random(4).randbytes(784)
RUN = b"run 10\n"
FRAME_BYTES = 1024


class Conversation:
    """A virtual board with a model selected, and what tests do to it before and while it runs."""

    def __init__(self, board: PtyBoard) -> None:
        self.board = board
        self.sender = wire.Sender()
        link = next(answer for answer in board.ask("info") if answer.kind == "link")
        self.window = int(wire.words(link)["window"])
        assert board.ask_final(f"model {MODEL}").kind == "ok"

    def poll(self) -> wire.Ack:
        """Wait until the board has handled all that was sent."""
        seq = self.sender.seq
        self.board.send(self.sender.poll())
        while True:
            message = self.board.wait_for(wire.ACK)[-1]
            assert isinstance(message, wire.Frame)
            ack = wire.parse_ack(message.payload)
            if ack.seen == seq:
                return ack

    def send_vector(self) -> None:
        self.board.send(self.sender.seek(0) + self.sender.data(0, VECTOR))
        self.poll()

    def full_line(self) -> bytes:
        """DATA frames of a window's worth, which the board holds or drops: it runs none of them."""
        frames = b""
        while len(frames) + 2 * FRAME_BYTES < self.window:
            frames += self.sender.data(2**20 + len(frames), random.Random(len(frames)).randbytes(FRAME_BYTES))
        return frames

    def cycles(self, before: bytes = b"", behind: bytes = b"") -> list[str]:
        """Run, with bytes before and right behind the command, and return the samples."""
        self.board.send(before + RUN + behind)
        answers = [message for message in self.board.wait_for("ok") if isinstance(message, wire.Answer)]
        return ",".join(wire.words(answer)["values"] for answer in answers[:-1]).split(",")


@pytest.fixture(scope="module", params=CHIPS)
def conversation(request: pytest.FixtureRequest) -> Iterator[Conversation]:
    image = build_image(f"{request.param}-local").path
    with PtyBoard(
        Path(sys.executable), "-m", "mcubench", "virtual", request.param, "--firmware", str(image), "--strict"
    ) as board:
        board.send(b"\x00\x00\n")
        yield Conversation(board)
        assert board.running, "the virtual board stopped, see its standard error"


@pytest.fixture(scope="module")
def quiet(conversation: Conversation) -> list[str]:
    conversation.send_vector()
    return conversation.cycles()


def stream_with_errors(conversation: Conversation) -> None:
    """Vectors of which some are damaged, cut short or lost, with noise and commands between them."""
    chance = random.Random(5)
    for k in range(12):
        frame = bytearray(conversation.sender.data(k * 784, chance.randbytes(784)))
        if k % 3 == 1:
            frame[chance.randrange(len(frame))] ^= chance.randrange(1, 256)
        if k % 5 == 4:
            conversation.sender.lose()
        conversation.board.send(bytes(frame[: -chance.randrange(1, 400)] if k % 7 == 6 else frame))
        if k % 4 == 3:
            conversation.board.send(b"\xff noise \x00\x00\n")
            conversation.poll()


def ask_much(conversation: Conversation) -> None:
    for command in ("info", "help", "models", "layers", "run 3 cold=1", "run 1", "clocks"):
        assert conversation.board.ask_final(command).kind == "ok"
    conversation.board.send(conversation.sender.echo(bytes(2000)))
    conversation.poll()


def test_every_sample_is_the_same(quiet: list[str]) -> None:
    """Also the first one, and those after an answer's data line was sent."""
    assert len(quiet) == 10
    assert len(set(quiet)) == 1


@pytest.mark.parametrize("before", [stream_with_errors, ask_much])
def test_what_the_board_did_before_is_not_seen(
    conversation: Conversation, quiet: list[str], before: Callable[[Conversation], None]
) -> None:
    before(conversation)
    conversation.send_vector()
    assert conversation.cycles() == quiet


def test_a_full_line_is_not_seen(conversation: Conversation, quiet: list[str]) -> None:
    conversation.send_vector()
    assert conversation.cycles(behind=conversation.full_line()) == quiet
    assert conversation.poll().expected == len(VECTOR)


def test_a_stream_that_goes_right_into_the_run_is_not_seen(conversation: Conversation, quiet: list[str]) -> None:
    conversation.poll()
    frames = conversation.sender.seek(0) + conversation.sender.data(0, VECTOR)
    assert conversation.cycles(frames, conversation.full_line()) == quiet
    conversation.poll()
