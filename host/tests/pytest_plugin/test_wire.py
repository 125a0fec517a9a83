"""The line below the client: what tests of the protocol itself talk through."""

from __future__ import annotations

from mcubench.protocol import Board
from mcubench.pytest_plugin.wire import Wire


def test_late_answers_to_what_was_asked_twice_are_taken_for_no_other(echo_board: Board) -> None:
    echo_board.channel.send_bytes(b"mark 7\nmark 7\ninfo\n")
    wire = Wire(echo_board.channel)
    wire.settle()
    assert wire.ask("run -1").final.kind == "error"
    assert wire.ask("mark 8").final.text("mark") == "8"
