"""Commands over a line that loses, damages and doubles what passes, to the real core."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest
from faulty_line import by_line

from mcubench.errors import DeadlineError, ProtocolError
from mcubench.protocol import Board

OpenLine = Callable[..., Board]


def every(nth: int, change: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    """Return a change of every nth line."""
    numbers = count(1)
    return lambda line: change(line.encode() + b"\n") if next(numbers) % nth == 0 else line.encode() + b"\n"


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "lost": lambda _: b"",
    "half": lambda line: line[: len(line) // 2],
    "flipped": lambda line: line.replace(b"=", b"-", 1),
    "doubled": lambda line: line + line,
    "noise before": lambda line: b"\xff\x00\x13garbage\n" + line,
    "frame before": lambda line: b"\0\1\2\0" + line,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
@pytest.mark.parametrize("direction", ["to_host", "to_board"])
def test_answers_are_right_or_asked_for_again(
    open_line: OpenLine, change: Callable[[bytes], bytes], direction: str
) -> None:
    # Seldom enough that some exchanges pass whole: the answer to info has seven lines.
    board = open_line(**{direction: by_line(every(5 if direction == "to_board" else 16, change))})
    assert board.connect().board == "native"
    for _ in range(2):
        assert [model.name for model in board.models()] == ["echo", "big", "broken", "wide", "deep"]
        assert len(board.clocks().settings) == 3
        board.select("echo")
        assert len(board.run(20).cycles) == 20
        assert len(board.layers().layers) == 2


@pytest.mark.parametrize("spec", ["flip:rate=6e-5", "drop:rate=5e-4", "reorder:rate=5e-4", "truncate:rate=0.005"])
def test_random_faults_never_make_a_wrong_answer(open_noisy: OpenLine, spec: str) -> None:
    board = open_noisy(spec)
    board.connect()
    expected = board.models()
    for _ in range(20):
        assert board.models() == expected


def test_a_reset_in_the_middle_of_an_answer_is_told(open_line: OpenLine) -> None:
    boot = b"\0boot board=native protocol=1\n"
    board = open_line(to_host=by_line(lambda line: boot if line.startswith("ok n=") else line.encode() + b"\n"))
    board.connect()
    board.select("echo")
    with pytest.raises(ProtocolError, match="reset itself while answering 'run 5'"):
        board.run(5)


def test_a_board_that_falls_silent_is_told_with_what_it_said_last(open_line: OpenLine) -> None:
    board = open_line(to_host=by_line(lambda line: b"" if "cycles=" in line else line.encode() + b"\n"))
    board.connect()
    board.select("echo")
    with pytest.raises(DeadlineError, match=r"'tick'.*last seen: ok index=0 name=echo"):
        board._ask("tick", lambda answer: answer, 0.5, 0.1)
