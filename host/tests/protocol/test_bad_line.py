"""Commands over a line that loses, damages and doubles what passes, to the real core."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from itertools import count

import pytest
from faulty_line import by_line

from mcubench.errors import DeadlineError, LinkError, RestartedError, RigError
from mcubench.link import Link
from mcubench.protocol import Board, BoardInfo, conversation

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


@pytest.mark.parametrize(
    "specs",
    # The last damages four of five answers.
    ["flip:rate=6e-5", "drop:rate=5e-4", "reorder:rate=5e-4", "truncate:rate=0.005", "flip:rate=1e-4 drop:rate=1e-3"],
)
def test_random_faults_never_make_a_wrong_answer(open_noisy: OpenLine, specs: str) -> None:
    board = open_noisy(*specs.split())
    board.connect()
    expected = board.models()
    for _ in range(20):
        assert board.models() == expected


def test_a_reset_instead_of_an_answer_is_told_once(open_line: OpenLine) -> None:
    board = open_line(to_board=by_line(lambda line: (b"reset" if line.startswith("run") else line.encode()) + b"\n"))
    board.connect()
    board.select("echo")
    with pytest.raises(RestartedError, match=r"cause: software\) while answering 'run 5'"):
        board.run(5)
    assert board.info().boot_cause == "software"
    assert board.tick()


def test_a_reset_that_nobody_heard_of_is_told_by_info(open_line: OpenLine) -> None:
    board = open_line(to_host=by_line(lambda line: b"" if "boot board" in line else line.encode() + b"\n"))
    board.connect()
    board.channel.send_text("reset")
    with pytest.raises(RestartedError, match="cause: software"):
        board.info()
    assert board.info().boot_count == 2


def test_a_boot_line_of_an_earlier_boot_is_no_reset(open_line: OpenLine) -> None:
    boot = b"\0boot board=native protocol=2 count=1 cause=power-on\n"
    seen = count(1)
    late = by_line(lambda line: boot * (next(seen) == 12) + line.encode() + b"\n")
    board = open_line(to_host=late)
    board.connect()
    assert [board.info().boot_count for _ in range(3)] == [1, 1, 1]


class Helper:
    """A rescuer that does `help` and says hello."""

    def __init__(self, help_board: Callable[[Board], None] = lambda _: None) -> None:
        self.errors: list[RigError] = []
        self._help = help_board

    def rescue(self, board: Board, error: RigError) -> BoardInfo:
        self.errors.append(error)
        self._help(board)
        return board.connect()


def test_a_board_that_was_brought_back_in_the_same_boot_is_asked_again(echo_port: str) -> None:
    with Link(echo_port) as link, ExitStack() as stack:
        helper = Helper(lambda board: board.use_link(stack.enter_context(Link(echo_port))))
        board = Board(link, helper)
        board.connect()
        board.select("echo")
        sent_bytes = board.channel.tx_bytes
        link.close()
        assert len(board.run(5).cycles) == 5
        assert [type(error) for error in helper.errors] == [LinkError]
        assert board.channel.tx_bytes > sent_bytes


def test_a_board_that_was_reset_to_bring_it_back_is_told(echo_port: str) -> None:
    def reopen_and_reset(board: Board) -> None:
        board.use_link(stack.enter_context(Link(echo_port)))
        board.channel.send_text("reset")

    with Link(echo_port) as link, ExitStack() as stack:
        board = Board(link, Helper(reopen_and_reset))
        board.connect()
        link.close()
        with pytest.raises(RestartedError, match="while answering 'tick'"):
            board.tick()
        assert board.tick()


def test_help_that_does_not_help_ends(echo_port: str) -> None:
    with Link(echo_port) as link:
        helper = Helper()
        board = Board(link, helper)
        board.connect()
        link.close()
        with pytest.raises(LinkError):
            board.tick()
        assert len(helper.errors) == 1


def test_a_board_that_falls_silent_is_told_with_what_it_said_last(open_line: OpenLine) -> None:
    board = open_line(to_host=by_line(lambda line: b"" if "cycles=" in line else line.encode() + b"\n"))
    board.connect()
    board.select("echo")
    with pytest.raises(DeadlineError, match=r"'tick'.*last seen: ok index=0 name=echo"):
        board._answer("tick", lambda answer: answer, 0.5)


@pytest.mark.parametrize("lost", [False, True], ids=["late", "lost"])
def test_a_run_is_not_asked_for_again_while_the_board_may_be_at_it(
    open_line: OpenLine, monkeypatch: pytest.MonkeyPatch, lost: bool
) -> None:
    monkeypatch.setattr(conversation, "WORK_PATIENCE_S", 0.05)
    asked: list[str] = []
    held = bytearray()

    def note(line: str) -> bytes:
        asked.append(line.split(" #")[0])
        return line.encode() + b"\n"

    def hold(line: str) -> bytes:
        """Say nothing of the run before it was asked twice whether it is over, as a board that is still at it."""
        if lost and line.startswith("ok n=") and asked.count("run 5") == 1:
            return b""
        held.extend(line.encode() + b"\n")
        if "run 5" in asked and asked.count("tick") < 2:
            return b""
        said = bytes(held)
        held.clear()
        return said

    board = open_line(by_line(hold), by_line(note))
    board.connect()
    board.select("echo")
    assert len(board.run(5).cycles) == 5
    assert asked[-4:] == ["run 5", "tick", "tick", "run 5"] if lost else asked[-3:] == ["run 5", "tick", "tick"]
