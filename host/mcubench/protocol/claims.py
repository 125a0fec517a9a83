"""Results that did not come: when they are asked for again, and when there is no more use in that."""

from __future__ import annotations

from mcubench.protocol.frames import Ack, FrameType, Results, again_payload
from mcubench.protocol.ledger import ResultLedger
from mcubench.protocol.sender import Sender
from mcubench.protocol.window import SentFrame

__all__ = ["Claims"]

# A result that is asked for so often and does not come, or not for the right input, needs its vector sent again.
MOST_CLAIMS = 8
QUESTIONS = (FrameType.POLL, FrameType.AGAIN)


class Claims:
    """The results of vectors that are sent in one go. They come in order, so one that is passed over is missing."""

    def __init__(self, ledger: ResultLedger, sender: Sender, vectors: range, input_bytes: int) -> None:
        self._ledger = ledger
        self._sender = sender
        self._vectors = vectors
        self._input_bytes = input_bytes
        self._settled = vectors.start  # those before have a result, or get none without being sent again
        self._due = vectors.start  # results of those before must have come
        self._oldest = 0  # the board keeps results from this one on ...
        self._arriving = 0  # ... up to this vector, which it still waits for
        self._asked: SentFrame | None = None
        self._claimed = -1
        self._times = 0

    @property
    def open(self) -> bool:
        """Whether results may still come."""
        self._settled = self._ledger.next_missing(self._settled, self._vectors.stop)
        self._sender.first_missing = self._settled * self._input_bytes
        return self._settled < self._vectors.stop

    def take_results(self, batch: Results) -> None:
        """Note results that came: those before them were sent before."""
        if batch.results:
            self._note_due(batch.results[-1].index + 1)
        self._note_answer(batch.seen, False)

    def take_ack(self, ack: Ack) -> None:
        """Note an ACK. Before the board answers a question, it sends all results that it has."""
        self._oldest, self._arriving = ack.oldest, ack.expected // self._input_bytes
        last = self._sender.last_seen
        if last and last.kind in QUESTIONS and ack.seen == last.number & 0xFF:
            self._note_due(ack.expected // self._input_bytes)
        self._note_answer(ack.seen, True)

    def make(self) -> None:
        """Ask for the first missing result, once in a round trip."""
        if self._asked or not self.open or self._settled >= self._due:
            return
        if self._settled < self._oldest:
            self._sender.note_kept_results((self._arriving - self._oldest) * self._input_bytes)
            self._settled = self._oldest
            return
        self._times = self._times + 1 if self._claimed == self._settled else 1
        self._claimed = self._settled
        if self._times > MOST_CLAIMS:
            self._settled = self._due
            return
        self._asked = self._sender.ask(FrameType.AGAIN, again_payload(self._settled))

    def _note_due(self, index: int) -> None:
        self._due = max(self._due, min(index, self._vectors.stop))

    def _note_answer(self, seen: int, is_ack: bool) -> None:
        """Forget the question when its answer is over: with an ACK, or with what the board says of a later frame."""
        asked = self._asked
        if asked and not self._sender.is_under_way(asked) and (is_ack or seen != asked.number & 0xFF):
            self._asked = None
