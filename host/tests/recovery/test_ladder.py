"""Real boards that are killed, frozen, unplugged, renamed or deaf, and what brings them back."""

from __future__ import annotations

import os
import select
import threading
import time
import tty
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from faulty_line import FaultyLine, by_line

from mcubench.boards import BoardAddress, ChildBoard
from mcubench.deadline import Deadline
from mcubench.errors import LinkError, RestartedError, RigError
from mcubench.link import Link, parse_line_fault
from mcubench.protocol import Board
from mcubench.protocol.text import add_trailer, split_trailer
from mcubench.recovery import PowerScript, Rung, ladder, program

Rescue = Any
WAIT_S = 0.3
VAIN_S = 0.3
LONG_S = 20.0


@pytest.fixture
def in_vain(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that lets these rungs of a ladder be in vain soon, and the others take as long as a busy PC needs."""
    monkeypatch.setattr(ladder, "REOPEN_TIMEOUT_S", WAIT_S)

    def shorten(rescued: Any, *rungs: Rung) -> None:
        def on_rung(rung: Rung | None) -> None:
            monkeypatch.setattr(ladder, "HELLO_TIMEOUT_S", VAIN_S if rung in rungs else LONG_S)

        rescued.ladder.on_rung = on_rung

    return shorten


def lost(rescued: Any) -> LinkError:
    return LinkError(rescued.board.port, "the port went away")


def test_a_program_that_was_killed_is_started_anew_and_its_work_is_void(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    first = rescued.opened.child
    first.kill()
    with pytest.raises(RestartedError) as caught:
        rescued.board.info()
    assert caught.value.cause == "power-on"
    assert rescued.rungs == [("power cycle", True)]
    assert "the port went away" in rescued.ladder.steps[0].why
    assert rescued.opened.child is not first
    assert rescued.board.info().boot_count == 1
    assert len(rescued.ladder.steps) == 1


def test_a_cable_that_was_pulled_costs_the_board_nothing(rescue: Rescue, native: BoardAddress) -> None:
    fault = parse_line_fault("disconnect:every_bytes=5000,away_s=0.05")
    rescued = rescue(replace(native, line_faults=(fault,)))
    rescued.board.select("echo")
    for _ in range(20):
        rescued.ladder.note_progress()
        assert rescued.board.info().mark == rescued.board.information.mark
    assert len(rescued.rungs) >= 2
    assert set(rescued.rungs) == {("re-open the port", True)}


def test_a_program_that_was_killed_behind_a_pulled_cable_is_started_and_waited_for(
    rescue: Rescue, native: BoardAddress
) -> None:
    fault = parse_line_fault("disconnect:every_bytes=5000,away_s=1.0")
    rescued = rescue(replace(native, line_faults=(fault,)))
    first = rescued.opened.child
    rescued.ladder.on_rung = lambda rung: first.kill() if rung is Rung.RE_OPEN else None
    with pytest.raises(RestartedError):
        for _ in range(20):
            rescued.board.info()
    assert rescued.rungs == [("re-open the port", False), ("power cycle", True)]


def test_a_port_that_comes_back_somewhere_else_is_found(rescue: Rescue, echo_port: str, tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    with ExitStack() as stack:
        line = stack.enter_context(ExitStack())
        name.symlink_to(line.enter_context(FaultyLine(echo_port, bytes, bytes)).port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        rescued.board.select("echo")
        name.unlink()
        line.close()

        def plug_in() -> None:
            time.sleep(WAIT_S)
            name.symlink_to(stack.enter_context(FaultyLine(echo_port, bytes, bytes)).port)

        thread = threading.Thread(target=plug_in)
        thread.start()
        assert rescued.board.models()
        thread.join()
        assert rescued.rungs == [("re-open the port", True)]
        assert rescued.ladder.steps[0].took_s >= WAIT_S - 0.1
        rescued.opened.close()


@pytest.mark.usefixtures("in_vain")
def test_another_board_in_its_place_is_not_taken_for_it(
    rescue: Rescue, echo_program: Path, mnist_program: Path, tmp_path: Path
) -> None:
    name = tmp_path / "by-id"
    with ChildBoard("first", [str(echo_program)]) as first, ChildBoard("other", [str(mnist_program)]) as other:
        name.symlink_to(first.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        identity = rescued.board.information
        first.kill()
        name.unlink()
        name.symlink_to(other.port)
        for _ in range(2):
            with pytest.raises(LinkError, match=r"tried in vain: re-open the port \(another board answers, its"):
                rescued.board.info()
            assert rescued.board.information == identity, "nor is it taken for it the next time"
        assert not rescued.opened.is_open
        with Link(other.port) as link:
            assert Board(link).connect().boot_count == 1
    assert set(rescued.rungs) == {("re-open the port", False)}


@pytest.mark.usefixtures("in_vain")
def test_the_board_of_another_host_at_its_name_keeps_its_mark_and_its_boot(
    rescue: Rescue, echo_program: Path, tmp_path: Path
) -> None:
    name = tmp_path / "by-id"
    with ChildBoard("first", [str(echo_program)]) as first, ChildBoard("theirs", [str(echo_program)]) as theirs:
        with Link(theirs.port) as link:
            their_host = Board(link)
            their_host.connect()
        name.symlink_to(first.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        first.kill()
        name.unlink()
        name.symlink_to(theirs.port)
        with pytest.raises(LinkError, match="another host has taken it"):
            rescued.board.info()
        with Link(theirs.port) as link:
            their_host.use_link(link)
            assert their_host.info().boot_count == 1  # else RestartedError
    assert rescued.rungs == [("re-open the port", False)]


def test_what_is_silent_after_the_port_was_opened_again_is_not_reset(
    rescue: Rescue, echo_program: Path, tmp_path: Path, in_vain: Callable[..., None]
) -> None:
    name = tmp_path / "by-id"
    master, slave = os.openpty()
    tty.setraw(slave)
    with ChildBoard("first", [str(echo_program)]) as first:
        name.symlink_to(first.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)))
        in_vain(rescued, Rung.RE_OPEN)
        first.kill()
        name.unlink()
        name.symlink_to(os.ttyname(slave))
        with pytest.raises(LinkError, match="tried in vain"):
            rescued.board.info()
    assert rescued.rungs == [("re-open the port", False)]
    assert not rescued.opened.is_open
    assert select.select([master], [], [], 0)[0]
    assert b"reset" not in os.read(master, 65536)
    os.close(master)
    os.close(slave)


class Changed:
    """A line whose board says something else in its answers, or nothing, once it is told to."""

    def __init__(self, board_port: str) -> None:
        self.mute = False
        self.old, self.new = "", ""
        self.sent = b""
        self._change = by_line(self._answer)
        self.line = FaultyLine(board_port, self._to_host, self._to_board)

    def _to_host(self, data: bytes) -> bytes:
        return b"" if self.mute else self._change(data)

    def _to_board(self, data: bytes) -> bytes:
        self.sent += data
        return data

    def _answer(self, line: str) -> bytes:
        text, seq = split_trailer(line) or (line, None)
        text = text.replace(self.old, self.new)
        return (text if seq is None else add_trailer(text, seq)).encode() + b"\n"


def test_another_board_on_a_line_that_was_never_closed_is_not_reset(rescue: Rescue, echo_port: str) -> None:
    changed = Changed(echo_port)
    with changed.line as line:
        rescued = rescue(BoardAddress(line.port, port=line.port))
        changed.old, changed.new = " uid=", " uid=ee"
        changed.sent = b""
        with pytest.raises(RigError, match="another board answers, its uid"):
            rescued.board.recover(RigError("silence"))
    assert rescued.rungs == [("resynchronise", False), ("re-open the port", False)]
    assert not rescued.opened.is_open
    assert b"reset" not in changed.sent


def test_the_watchdog_is_waited_for_with_the_port_closed(
    rescue: Rescue, echo_port: str, in_vain: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "WATCHDOG_SLACK_S", 0.0)
    changed = Changed(echo_port)
    changed.old, changed.new = "boot count=", "boot watchdog_ms=1 count="
    with changed.line as line:
        rescued = rescue(BoardAddress(line.port, port=line.port))
        in_vain(rescued, Rung.RE_OPEN)
        shorten = rescued.ladder.on_rung

        def on_rung(rung: Rung | None) -> None:
            shorten(rung)
            if rung is Rung.WATCHDOG:
                assert not rescued.opened.is_open
                changed.mute = False

        rescued.ladder.on_rung = on_rung
        changed.mute = True
        rescued.board.recover(lost(rescued))
        rescued.opened.close()
    assert rescued.rungs == [("re-open the port", False), ("wait for the watchdog", True)]
    assert b"reset" not in changed.sent


@pytest.mark.parametrize(
    ("watchdog_ms", "work_s", "expected_s"), [(None, None, 5), (None, 0.0, 20), (30_000, 0.0, 35), (30_000, 2.0, 13)]
)
def test_what_may_be_computing_is_not_reset_before_it_can_be_done(
    rescue: Rescue, native: BoardAddress, watchdog_ms: int | None, work_s: float | None, expected_s: float
) -> None:
    rescued = rescue(native)
    waited: list[float] = []
    connect = rescued.board.connect
    rescued.board.connect = lambda timeout_s: (waited.append(timeout_s), connect(timeout_s))[1]
    rescued.board._information = replace(rescued.board.information, watchdog_ms=watchdog_ms)
    rescued.board.recover(RigError("silence"), work_s=work_s)
    rescued.board._information = replace(rescued.board.information, watchdog_ms=watchdog_ms)
    rescued.board.recover(lost(rescued), work_s=work_s)
    assert waited == [expected_s] * 2


def test_what_is_frozen_is_tried_with_everything_in_order(
    rescue: Rescue, native: BoardAddress, in_vain: Callable[..., None], freeze: Callable[[int], None]
) -> None:
    rescued = rescue(native)
    in_vain(rescued, Rung.RESYNCHRONISE, Rung.SOFT_RESET, Rung.RE_OPEN)
    freeze(rescued.opened.child.pid)
    board = rescued.board
    with pytest.raises(RestartedError):
        board.recover(RigError("silence"))
    assert rescued.rungs == [
        ("resynchronise", False),
        ("soft reset", False),
        ("re-open the port", False),  # a pty has no reset line
        ("power cycle", True),
    ]
    assert rescued.ladder.steps[0].why == "silence"
    assert "no answer within" in rescued.ladder.steps[1].why
    assert board.info().boot_cause == "power-on"


def test_a_board_whose_answers_do_not_come_is_reset_by_command(
    rescue: Rescue, echo_port: str, in_vain: Callable[..., None]
) -> None:
    state = {"mute": False}

    def to_board(data: bytes) -> bytes:
        if b"reset\n" in data:
            state["mute"] = False
        return data

    with FaultyLine(echo_port, lambda data: b"" if state["mute"] else data, to_board) as line:
        rescued = rescue(BoardAddress(line.port, port=line.port))
        in_vain(rescued, Rung.RESYNCHRONISE)
        state["mute"] = True
        with pytest.raises(RestartedError) as caught:
            rescued.board.recover(RigError("silence"))
        rescued.opened.close()
    assert caught.value.cause == "software"
    assert rescued.rungs == [("resynchronise", False), ("soft reset", True)]


def test_a_board_that_only_lost_step_is_not_reset(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    rescued.board.channel.send_bytes(b"\0\1 half a frame")
    rescued.board.recover(RigError("garbage"))
    assert rescued.rungs == [("resynchronise", True)]
    rescued.board.info()


def power_hook(folder: Path, old: Path, new: str) -> PowerScript:
    """Return a command that puts another board in the place of the first, and writes down what it was told."""
    return PowerScript(f'echo "$MCUBENCH_PORT $MCUBENCH_BOARD" > {folder}/told; ln -sfn {new} {old}')


@pytest.mark.usefixtures("in_vain")
def test_the_power_is_cycled_by_the_users_command(rescue: Rescue, echo_program: Path, tmp_path: Path) -> None:
    name = tmp_path / "by-id"
    with ChildBoard("off", [str(echo_program)]) as off, ChildBoard("on again", [str(echo_program)]) as on:
        name.symlink_to(off.port)
        rescued = rescue(BoardAddress(str(name), port=str(name)), power_hook(tmp_path, name, on.port))
        off.kill()
        with pytest.raises(RestartedError, match="cause: power-on"):
            rescued.board.info()
        assert rescued.rungs == [("re-open the port", False), ("power cycle", True)]
        assert (tmp_path / "told").read_text() == f"{name} native\n"
        rescued.opened.close()


@pytest.mark.usefixtures("in_vain")
@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("echo the hub is gone >&2; exit 5", "ended with exit code 5; it said: the hub is gone"),
        ("sleep 60", "had not ended after 0.3 s"),
        ("true", "no such port"),
    ],
)
def test_a_board_that_nothing_brings_back_is_given_up_in_time(
    rescue: Rescue, echo_program: Path, monkeypatch: pytest.MonkeyPatch, command: str, words: str
) -> None:
    monkeypatch.setattr(program, "PROGRAM_TIMEOUT_S", WAIT_S)
    with ChildBoard("off", [str(echo_program)]) as off:
        rescued = rescue(BoardAddress(off.port, port=off.port), PowerScript(command))
        off.kill()
        deadline = Deadline.after(10)
        with pytest.raises(LinkError, match="tried in vain: re-open the port") as caught:
            rescued.board.info()
    assert not deadline.expired
    message = str(caught.value)
    assert message.startswith(f"{off.port}: the port went away")
    assert f"power cycle ({'' if words.startswith('no') else repr(command) + ' '}{words}" in message
    assert "\n" not in message
    assert [ok for _, ok in rescued.rungs] == [False] * len(rescued.rungs)


def test_what_helps_again_and_again_without_progress_does_not_help(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    for _ in range(3):
        rescued.board.recover(lost(rescued))
    rescued.ladder.note_progress()
    for _ in range(3):
        rescued.board.recover(lost(rescued))
    assert rescued.rungs == [("re-open the port", True)] * 6
    with pytest.raises(RestartedError):  # the next rung
        rescued.board.recover(lost(rescued))
    assert rescued.rungs[6] == ("soft reset", True)


def test_a_board_that_is_to_end_is_not_started_again(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    rescued.opened.end()
    with pytest.raises(LinkError, match="went away"):
        rescued.board.info()
    assert rescued.rungs == []
    with pytest.raises(RigError, match="it was ended"):
        rescued.opened.restart()


def test_each_rung_is_told_before_it_is_tried(rescue: Rescue, native: BoardAddress) -> None:
    rescued = rescue(native)
    told: list[Any] = []
    rescued.ladder.on_rung = told.append
    rescued.board.recover(lost(rescued))
    assert told == ["re-open the port", None]
